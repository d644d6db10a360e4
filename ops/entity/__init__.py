"""`make entity`: writes an entity's folder, its line, permissions, migration, tests and page; or takes one out.

`Specification.parse` says what is wanted, `add_entity` and `remove_entity` do it in a project, all of it or nothing.
"""

from __future__ import annotations

from ops.entity.removal import remove_entity
from ops.entity.specification import Specification
from ops.entity.writing import add_entity

__all__ = ["Specification", "add_entity", "remove_entity"]
