"""The event log of a domain: every change writes its event in its own transaction, and whoever follows reads the table.

table.py     the events table of a domain's database
log.py       writing
journal.py   reading: in order, without gaps, from a cursor
offsets.py   consuming: how far those came who act upon events
tail.py      following: what is new, read once for all who follow it in this process
wakes.py     word that there is something new; what gets lost of it costs a moment, and never an event
"""

from datasources.events.journal import Cursor, CursorExpired, Event, Journal, Position
from datasources.events.log import EventLog, NewEvent, types_of
from datasources.events.offsets import Offsets, Overtaken, offsets_table
from datasources.events.table import events_table
from datasources.events.tail import Chunk, Tail, Topic
from datasources.events.wakes import Wakes, open_wakes

__all__ = [
    "Chunk",
    "Cursor",
    "CursorExpired",
    "Event",
    "EventLog",
    "Journal",
    "NewEvent",
    "Offsets",
    "Overtaken",
    "Position",
    "Tail",
    "Topic",
    "Wakes",
    "events_table",
    "offsets_table",
    "open_wakes",
    "types_of",
]
