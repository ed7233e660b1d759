"""Who is calling: bearer tokens, checked, and in development issued. They are JSON Web Tokens.

tokens.py       whose a token is, known for as long as it holds
reading.py      a token taken apart; its signature and its claims
keys.py         what signatures are checked with: our own secret, or the keys that an issuer publishes
revocations.py  who was signed out, and since when
bearer.py       where clients put their token
errors.py       why a token is refused
"""

from gateway.identity.bearer import bearer, token_of
from gateway.identity.errors import InvalidToken
from gateway.identity.keys import Jwks
from gateway.identity.tokens import Holder, Tokens, person_of

__all__ = ["Holder", "InvalidToken", "Jwks", "Tokens", "bearer", "person_of", "token_of"]
