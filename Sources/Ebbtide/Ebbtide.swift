/// Ebbtide in a Swift program: `import Ebbtide`, then make a `Session`.
@_exported import Bindings
