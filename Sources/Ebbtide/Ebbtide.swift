// Ebbtide
