import Ebbtide

try embed()
