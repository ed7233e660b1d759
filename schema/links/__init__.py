"""Every edge between domains, and the root fields that need more than one of them: a file for each two.

A domain knows no other. What it wants of one (has this person bought that?) its use case takes as a function, and here
stands which one that is. A domain leaves with the files that have its name, and their lines below.
"""

from schema.links.commerce_enterprise import LINKS as COMMERCE_ENTERPRISE
from schema.links.commerce_finance import LINKS as COMMERCE_FINANCE
from schema.links.commerce_social import LINKS as COMMERCE_SOCIAL
from schema.links.enterprise_finance import LINKS as ENTERPRISE_FINANCE

LINKS = (
    COMMERCE_SOCIAL,
    COMMERCE_FINANCE,
    COMMERCE_ENTERPRISE,
    ENTERPRISE_FINANCE,
)
