"""Static files under names that change with their content, the modules a script imports included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also rewrites the addresses in `import … from "./other.js";`, so that no browser mixes two releases."""

    support_js_module_import_aggregation = True
