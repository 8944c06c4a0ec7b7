"""What a service imports and reckons when it starts, and what a test needs to start one, done once."""

import infra.codec
import infra.schemas
import services.api.app
import services.cli.main
import services.compose
import services.page_reads
import services.rebuild
import services.serve
import services.web.pages
import tests.end_to_end.forked
import tests.kills.commands
from infra.holidays import england

england()
infra.schemas.registry()

__all__ = ["infra", "services", "tests"]
