import Autodiff

/// How weights start. n_in and n_out are the fans of the parameter; `gain` multiplies the draw. Other parameters (biases) start where
/// their role says.
public enum Initializer: String, CaseIterable, Sendable {
  /// 0
  case zeros
  /// gain
  case constant
  /// N(0, gain²)
  case normal
  /// U(−gain, gain)
  case uniform
  /// N(0, gain² 2/(n_in + n_out)) (Glorot & Bengio 2010)
  case glorotNormal = "glorot_normal"
  /// U(±gain √(6/(n_in + n_out))) (Glorot & Bengio 2010)
  case glorotUniform = "glorot_uniform"
  /// N(0, gain² 2/n_in) (He et al. 2015)
  case heNormal = "he_normal"
  /// U(±gain √(6/n_in)) (He et al. 2015)
  case heUniform = "he_uniform"
  /// N(0, gain²/n_in) (LeCun et al. 1998)
  case lecunNormal = "lecun_normal"
  /// U(±gain √(3/n_in)) (LeCun et al. 1998)
  case lecunUniform = "lecun_uniform"
  /// gain times a matrix with orthonormal rows or columns, whichever are fewer (Saxe, McClelland & Ganguli 2014)
  case orthogonal
  /// gain times the identity: ones on the diagonal of a matrix, of a convolution weight at the middle of the kernel
  case identity
  /// A normal draw scaled to the spectral norm gain √(n_out/n_in) (Yang, Simon & Bernstein 2023)
  case spectral

  /// A starting value for a parameter: a draw for a weight, 0 for a bias, 1 for a scale.
  public func callAsFunction(_ parameter: Parameter, gain: Double, _ dtype: DType, _ generator: inout Generator)
    throws(TensorError) -> Tensor
  {
    switch parameter.role {
    case .weight: try draw(parameter, gain: gain, dtype, &generator)
    case .bias: try Tensor(.full(parameter.shape, 0, dtype))
    case .scale: try Tensor(.full(parameter.shape, 1, dtype))
    }
  }

  /// A draw for a parameter of any role.
  /// - Throws: `TensorError.invalid` when the rule needs a matrix and the shape has fewer than two dimensions.
  public func draw(_ parameter: Parameter, gain: Double, _ dtype: DType, _ generator: inout Generator)
    throws(TensorError) -> Tensor
  {
    let (fanIn, fanOut) = (Double(parameter.fanIn), Double(parameter.fanOut))
    switch self {
    case .zeros: return try Tensor(.full(parameter.shape, 0, dtype))
    case .constant: return try Tensor(.full(parameter.shape, gain, dtype))
    case .normal: return try normal(gain, parameter, dtype, &generator)
    case .uniform: return try uniform(gain, parameter, dtype, &generator)
    case .glorotNormal: return try normal(gain * (2 / (fanIn + fanOut)).squareRoot(), parameter, dtype, &generator)
    case .glorotUniform: return try uniform(gain * (6 / (fanIn + fanOut)).squareRoot(), parameter, dtype, &generator)
    case .heNormal: return try normal(gain * (2 / fanIn).squareRoot(), parameter, dtype, &generator)
    case .heUniform: return try uniform(gain * (6 / fanIn).squareRoot(), parameter, dtype, &generator)
    case .lecunNormal: return try normal(gain / fanIn.squareRoot(), parameter, dtype, &generator)
    case .lecunUniform: return try uniform(gain * (3 / fanIn).squareRoot(), parameter, dtype, &generator)
    case .orthogonal: return try orthogonal(gain, parameter, dtype, &generator)
    case .identity: return try identity(gain, parameter, dtype)
    case .spectral: return try spectral(gain * (fanOut / fanIn).squareRoot(), parameter, dtype, &generator)
    }
  }

  private func normal(_ deviation: Double, _ parameter: Parameter, _ dtype: DType, _ generator: inout Generator)
    throws(TensorError) -> Tensor
  {
    try deviation * Tensor(generator.normal(parameter.shape, dtype))
  }

  private func uniform(_ limit: Double, _ parameter: Parameter, _ dtype: DType, _ generator: inout Generator)
    throws(TensorError) -> Tensor
  {
    let draw = try Tensor(generator.uniform(parameter.shape, dtype))
    return try (2 * limit) * draw - .scalar(limit, dtype)
  }
}
