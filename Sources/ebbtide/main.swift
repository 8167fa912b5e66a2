print("ebbtide")
