"""The table of cases, one file a family."""

from cases import composites, elementwise, layers, layout, linear, losses, models, networks, reductions, transforms

FAMILIES = {
    "element-wise": elementwise.CASES,
    "reductions, order": reductions.CASES,
    "layout, indexing": layout.CASES,
    "products, linear algebra": linear.CASES,
    "losses": losses.CASES,
    "layers": networks.CASES + layers.CASES,
    "theory's models": models.CASES,
    "composites": composites.CASES,
    "transforms, trees": transforms.CASES,
}


def every():
    result = []
    for family, cases in FAMILIES.items():
        for case in cases:
            case.family = family
            result.append(case)
    names = [case.name for case in result]
    assert len(set(names)) == len(names), f"two cases are called {[n for n in names if names.count(n) > 1][0]!r}"
    return result
