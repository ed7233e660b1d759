"""A contract for import-linter: a domain is a folder or file of its name in any layer, and belongs to itself alone."""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class DomainsContract(Contract):
    """`domains` never import each other, and nobody imports them but `joints`, which join them to the house.

    The package `links` holds the edges between domains; only the first of the joints may import it.
    """

    domains: Any = fields.ListField(subfield=fields.StringField())
    joints: Any = fields.ListField(subfield=fields.StringField())
    links: Any = fields.StringField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        wrong = [
            f"{importer} imports {imported}"
            for imported in sorted(graph.modules)
            for importer in sorted(graph.find_modules_that_directly_import(imported))
            if not self._allowed(importer, imported)
        ]
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["wrong"]:
            output.print_error(line)

    def _allowed(self, importer: str, imported: str) -> bool:
        if self._links(imported):
            return self._links(importer) or bool(importer == self.joints[0])
        domain = self._domain(imported)
        return domain in (None, self._domain(importer)) or importer in self.joints or self._links(importer)

    def _links(self, module: str) -> bool:
        return f"{module}.".startswith(f"{self.links}.")

    def _domain(self, module: str) -> str | None:
        _, _, below = module.partition(".")
        name = below.partition(".")[0]
        return name if name in self.domains else None
