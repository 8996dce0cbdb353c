"""Pictures of a state machine, and of an execution on top of it.

    machine --graph.py--> networkx graph --overlay.py--> the same, with what happened
            --dot.py--> graphviz source --layout.py--> laid out SVG --svg.py--> the picture

`draw.draw` walks the whole way. This package is imported only when somebody draws, because networkx costs more to
import than everything else together.
"""
