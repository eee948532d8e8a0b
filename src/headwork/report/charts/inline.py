"""An SVG file as an element of a page: smaller, without a style of its own, and with ids that no other picture has."""

import re
from xml.etree import ElementTree

from markupsafe import Markup

_REFERENCE = re.compile(r"#([\w.-]+)")
# It would hold for the whole page, whose own style sheet says the same.
_STYLE = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_FONT = re.compile(r" ?font-family: [^;]+;?")


def inline_svg(svg: str, *, name: str, title: str) -> Markup:
    """The `<svg>` element of a file that matplotlib wrote; its letters take the page's font.

    Ids that something refers to get `name` in front, all others go.
    """
    root = ElementTree.fromstring(_STYLE.sub("", svg))
    elements = list(root.iter())
    used = {found for element in elements for value in element.attrib.values() for found in _REFERENCE.findall(value)}
    for element in elements:
        element.tag, element.tail = _local(element.tag), None
        if element.tag != "text":
            element.text = None
        attributes = {_local(key): value for key, value in element.attrib.items()}
        element.attrib.clear()
        element.attrib.update(_kept(attributes, name=name, used=used))
    _, _, width, height = root.attrib["viewBox"].split()
    size = {"viewBox": root.attrib["viewBox"], "width": width, "height": height}
    root.attrib = {**size, "role": "img", "aria-labelledby": f"{name}-title"}
    heading = ElementTree.Element("title", {"id": f"{name}-title"})
    heading.text = title
    root.insert(0, heading)
    # Safe to stand in a page: ElementTree wrote it, and it escapes every text.
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _kept(attributes: dict[str, str], *, name: str, used: set[str]) -> dict[str, str]:
    """The attributes that a page needs."""
    kept = {}
    for key, value in attributes.items():
        if key == "id":
            value = f"{name}-{value}" if value in used else ""
        elif key == "style":
            value = _FONT.sub("", value)
        elif key == "d":
            value = " ".join(value.split())
        elif key == "transform" and value.startswith("rotate(-0 "):
            value = ""
        elif key in ("href", "clip-path"):
            value = value.replace("#", f"#{name}-")
        if value:
            kept[key] = value
    return kept


def _local(name: str) -> str:
    """An element's or attribute's name without its namespace, which an HTML parser supplies."""
    return name.rpartition("}")[2]
