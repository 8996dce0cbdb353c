"""Graphviz source to SVG as graphviz writes it, without the `dot` program.

The wheels of pygraphviz carry graphviz as libraries. Its Python module also links the ones that draw bitmaps, and so
wants X11 and GLib, which a server or a slim container does not have; and its text measuring asks the machine's fonts.
Of the libraries in the wheel a layout needs four, none of which wants any of that: those are loaded directly. Without
the font libraries graphviz measures text from tables of its own, so the picture is the same on every machine.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import threading
from functools import cache
from importlib import metadata
from typing import Any, Final

from asl_engine.errors import RenderError

_LIBRARIES: Final = ("gvc", "cgraph", "gvplugin_core", "gvplugin_dot_layout")
_SILENT: Final = 3  # AGMAX of cgraph.h: a level above every message

_lock = threading.Lock()  # graphviz keeps global state and is not safe to enter twice


class _Symbol(ctypes.Structure):
    """`lt_symlist_t`: one entry of the table of plugins that are linked in."""

    _fields_ = (("name", ctypes.c_char_p), ("address", ctypes.c_void_p))


def lay_out(dot_source: str) -> str:
    """Return the SVG that graphviz makes of the source; raise RenderError when it is not there or fails."""
    source = dot_source.encode("utf-8", "replace")
    libraries = _libraries()
    if libraries is not None:
        with _lock:
            return _with_libraries(libraries, source)
    program = shutil.which("dot")
    if program is not None:
        return _with_program(program, source)
    raise RenderError(
        "drawing needs the graphviz libraries, which come with pygraphviz, or graphviz's `dot` program. "
        "Neither is here. Run: pip install pygraphviz"
    )


@cache
def _libraries() -> dict[str, ctypes.CDLL] | None:
    """Load the four libraries from the files of the installed wheel, or return None where there are none."""
    try:
        files = metadata.files("pygraphviz") or []
        paths = {name: str(file.locate()) for file in files for name in _LIBRARIES if _is_library(file.name, name)}
        loaded = {name: ctypes.CDLL(paths[name]) for name in _LIBRARIES}
        return _declare(loaded)
    except (metadata.PackageNotFoundError, KeyError, OSError, AttributeError):
        return None


def _is_library(file_name: str, library: str) -> bool:
    """Tell whether a file is that library: `libgvc-ae99f8ab.so.7`, `libgvc.7.dylib`, `gvc-ae99f8ab.dll`."""
    return file_name.removeprefix("lib").startswith((library + "-", library + "."))


def _declare(libraries: dict[str, ctypes.CDLL]) -> dict[str, ctypes.CDLL]:
    """Tell ctypes the signatures; a pointer without one would be cut to 32 bits."""
    pointer, gvc, cgraph = ctypes.c_void_p, libraries["gvc"], libraries["cgraph"]
    signatures: tuple[tuple[Any, Any, list[Any]], ...] = (
        (gvc.gvContextPlugins, pointer, [ctypes.POINTER(_Symbol), ctypes.c_int]),
        (gvc.gvLayout, ctypes.c_int, [pointer, pointer, ctypes.c_char_p]),
        (gvc.gvRenderData, ctypes.c_int, [pointer, pointer, ctypes.c_char_p, pointer, pointer]),
        (gvc.gvFreeRenderData, None, [pointer]),
        (gvc.gvFreeLayout, ctypes.c_int, [pointer, pointer]),
        (gvc.gvFreeContext, ctypes.c_int, [pointer]),
        (cgraph.agmemread, pointer, [ctypes.c_char_p]),
        (cgraph.agclose, ctypes.c_int, [pointer]),
        (cgraph.agseterr, ctypes.c_int, [ctypes.c_int]),
    )
    for function, result, arguments in signatures:
        function.restype, function.argtypes = result, arguments
    return libraries


def _plugins(libraries: dict[str, ctypes.CDLL]) -> Any:
    table = (_Symbol * 3)()
    for index, name in enumerate(("gvplugin_dot_layout", "gvplugin_core")):
        symbol = f"{name}_LTX_library"
        table[index] = _Symbol(symbol.encode(), ctypes.addressof(ctypes.c_char.in_dll(libraries[name], symbol)))
    return table


def _with_libraries(libraries: dict[str, ctypes.CDLL], source: bytes) -> str:
    gvc, cgraph = libraries["gvc"], libraries["cgraph"]
    cgraph.agseterr(_SILENT)
    graph = cgraph.agmemread(source)
    if not graph:
        raise RenderError("graphviz cannot read the source of the picture")
    plugins = _plugins(libraries)
    context = gvc.gvContextPlugins(plugins, 0)
    try:
        if gvc.gvLayout(context, graph, b"dot") != 0:
            raise RenderError("graphviz cannot lay the picture out")
        return _render(gvc, context, graph)
    finally:
        gvc.gvFreeLayout(context, graph)
        cgraph.agclose(graph)
        gvc.gvFreeContext(context)


def _render(gvc: Any, context: int, graph: int) -> str:
    data, length = ctypes.c_void_p(), ctypes.c_size_t()
    if gvc.gvRenderData(context, graph, b"svg", ctypes.byref(data), ctypes.byref(length)) != 0:
        raise RenderError("graphviz cannot write the picture as SVG")
    try:
        return ctypes.string_at(data, length.value).decode("utf-8", "replace")
    finally:
        gvc.gvFreeRenderData(data)


def _with_program(program: str, source: bytes) -> str:
    done = subprocess.run([program, "-Tsvg"], input=source, capture_output=True, check=False)
    if done.returncode != 0 or not done.stdout:
        raise RenderError(f"the program {program} failed: {done.stderr.decode('utf-8', 'replace').strip()[:500]}")
    return done.stdout.decode("utf-8", "replace")
