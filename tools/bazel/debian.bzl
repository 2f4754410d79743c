"""Libraries that a Debian package installs under /usr."""

def debian_library(name):
    """Declares @name, whose targets are in tools/bazel/overlays/NAME.BUILD.bazel.

    The headers lie in the compiler's own search path, so an overlay holds link options only.

    Args:
      name: of the repository and of the overlay.
    """
    native.new_local_repository(
        name = name,
        path = "/usr",
        build_file = "//tools/bazel/overlays:" + name + ".BUILD.bazel",
    )
