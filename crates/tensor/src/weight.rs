//! A matrix of a model, whatever its format.

use std::borrow::Cow;
use std::sync::Arc;

use half::bf16;
use kernels::{
    Epilogue, PackedBf16, PackedF16, PackedF32, PackedMxfp4, PackedQ4_0, PackedQ4K, PackedQ6K,
    PackedQ8_0, PaddedFrame, Pool, QuantisedRows, Taps, conv_frames, matmul_bf16, matmul_f16,
    matmul_f32, matmul_mxfp4, matmul_q4_0, matmul_q4_k, matmul_q6_k, matmul_q8_0,
};

use crate::context::Context;
use crate::files::{Dtype, View, quantise};
use crate::parameter::{Parameter, ParameterId};
use crate::tensor::Tensor;

/// A matrix `[outputs, inputs]`, packed once for the products of this machine, with an optional bias.
/// Cheap to clone, and shared between threads.
#[derive(Clone)]
pub struct Weight {
    packed: Arc<Packed>,
    bias: Option<Parameter>,
    id: Option<ParameterId>,
    adapter: Option<Arc<Adapter>>,
}

/// Two narrow matrices whose product is added to a large one.
/// Source: Hu et al. 2021.
pub(crate) struct Adapter {
    /// `[rank, inputs]`.
    pub down: Weight,
    /// `[outputs, rank]`.
    pub up: Weight,
    /// What their product is multiplied with.
    pub scale: f32,
}

/// How the matrices of a model are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeightType {
    /// As the checkpoint has them. What has no products of its own is held in the next type that loses
    /// nothing to speak of: floats of eight bits in bfloat16, other blocks in `Q8_0`.
    #[default]
    Stored,
    /// All in this type, as far as their rows are whole blocks of it; in `Q8_0` or bfloat16 else.
    As(Dtype),
}

impl WeightType {
    /// The format in which a matrix that is stored as `dtype`, with rows of `inputs` numbers, is held.
    pub fn held(self, dtype: Dtype, inputs: usize) -> Dtype {
        held_as(dtype, self, inputs)
    }
}

/// The formats for which there are products.
enum Packed {
    F32(PackedF32),
    F16(PackedF16),
    Bf16(PackedBf16),
    Q8_0(PackedQ8_0),
    Q4_0(PackedQ4_0),
    Q4K(PackedQ4K),
    Q6K(PackedQ6K),
    Mxfp4(PackedMxfp4),
}

/// Runs the same code for whatever format there is.
macro_rules! each {
    ($packed:expr, $name:ident => $body:expr) => {
        match $packed {
            Packed::F32($name) => $body,
            Packed::F16($name) => $body,
            Packed::Bf16($name) => $body,
            Packed::Q8_0($name) => $body,
            Packed::Q4_0($name) => $body,
            Packed::Q4K($name) => $body,
            Packed::Q6K($name) => $body,
            Packed::Mxfp4($name) => $body,
        }
    };
}

impl Weight {
    /// Packs a matrix of a file.
    ///
    /// # Panics
    /// When the view is not a matrix.
    pub fn from_view(view: &View<'_>, wanted: WeightType, pool: &Pool) -> Self {
        let [outputs, inputs] = view.shape[..] else {
            panic!("{:?} is not a matrix", view.shape);
        };
        let dtype = held_as(view.dtype, wanted, inputs);
        let packed = if dtype == view.dtype {
            Packed::from_bytes(dtype, view.bytes, (outputs, inputs), pool)
        } else {
            let bytes = quantise(view, dtype, pool).expect("a format for products can be made");
            Packed::from_bytes(dtype, &bytes, (outputs, inputs), pool)
        };
        Self {
            packed: Arc::new(packed),
            bias: None,
            id: None,
            adapter: None,
        }
    }

    /// Packs f32 numbers `[outputs, inputs]` as they are.
    ///
    /// # Panics
    /// When they are not as many.
    pub fn of_f32(values: &[f32], outputs: usize, inputs: usize, pool: &Pool) -> Self {
        let packed = PackedF32::pack(values, outputs, inputs, pool);
        Self {
            packed: Arc::new(Packed::F32(packed)),
            bias: None,
            id: None,
            adapter: None,
        }
    }

    /// Packs f32 numbers `[outputs, inputs]`, rounded to f32 or bfloat16.
    ///
    /// # Panics
    /// When they are not as many, or for another type.
    pub fn rounded(
        values: &[f32],
        [outputs, inputs]: [usize; 2],
        dtype: Dtype,
        pool: &Pool,
    ) -> Self {
        let packed = match dtype {
            Dtype::F32 => Packed::F32(PackedF32::zeroed(outputs, inputs)),
            Dtype::Bf16 => Packed::Bf16(PackedBf16::zeroed(outputs, inputs)),
            other => panic!("weights that change are not held in `{}`", other.name()),
        };
        let mut weight = Self {
            packed: Arc::new(packed),
            bias: None,
            id: None,
            adapter: None,
        };
        weight.refill(values, pool);
        weight
    }

    /// The same, to whose products `scale · up · down` is added.
    ///
    /// # Panics
    /// When the matrices do not fit.
    pub fn with_adapter(mut self, down: Self, up: Self, scale: f32) -> Self {
        assert!(
            down.inputs() == self.inputs()
                && up.outputs() == self.outputs()
                && up.inputs() == down.outputs(),
            "narrow matrices beside {} × {}",
            self.outputs(),
            self.inputs()
        );
        self.adapter = Some(Arc::new(Adapter { down, up, scale }));
        self
    }

    /// What is added to its products.
    pub(crate) fn adapter(&self) -> Option<&Adapter> {
        self.adapter.as_deref()
    }

    /// The same with a bias `[outputs]`.
    ///
    /// # Panics
    /// When the bias is of another length.
    pub fn with_bias(mut self, bias: Parameter) -> Self {
        assert_eq!(
            bias.values().len(),
            self.outputs(),
            "a bias for each output"
        );
        self.bias = Some(bias);
        self
    }

    /// The same, whose gradient is wanted.
    pub fn trainable(mut self, id: ParameterId) -> Self {
        self.id = Some(id);
        self
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        each!(&*self.packed, packed => packed.outputs())
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        each!(&*self.packed, packed => packed.inputs())
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        each!(&*self.packed, packed => packed.bytes())
    }

    /// The format in which it is held.
    pub fn dtype(&self) -> Dtype {
        match &*self.packed {
            Packed::F32(_) => Dtype::F32,
            Packed::F16(_) => Dtype::F16,
            Packed::Bf16(_) => Dtype::Bf16,
            Packed::Q8_0(_) => Dtype::Q8_0,
            Packed::Q4_0(_) => Dtype::Q4_0,
            Packed::Q4K(_) => Dtype::Q4K,
            Packed::Q6K(_) => Dtype::Q6K,
            Packed::Mxfp4(_) => Dtype::Mxfp4,
        }
    }

    /// The bias.
    pub fn bias(&self) -> Option<&Parameter> {
        self.bias.as_ref()
    }

    /// Its number, when its gradient is wanted.
    pub fn id(&self) -> Option<ParameterId> {
        self.id
    }

    /// Writes the weights of one output to `out`.
    ///
    /// # Panics
    /// When there is no such output, or `out` is not of `inputs` numbers.
    pub fn row(&self, output: usize, out: &mut [f32]) {
        each!(&*self.packed, packed => packed.row(output, out));
    }

    /// `out = x · Wᵀ`, then the epilogue. `is_prepared` says that the last product of this context had the
    /// same input and prepared it; returns whether this one did.
    pub(crate) fn multiply(
        &self,
        cx: &Context,
        out: &mut [f32],
        x: &Tensor,
        epilogue: Epilogue<'_>,
        is_prepared: bool,
    ) -> bool {
        let inputs = self.inputs();
        assert_eq!(x.width(), inputs, "an input as wide as the weight");
        let (pool, values) = (cx.pool(), x.values());
        match &*self.packed {
            Packed::F32(packed) => matmul_f32(out, values, packed, epilogue, pool),
            Packed::F16(packed) => matmul_f16(out, values, packed, epilogue, pool),
            Packed::Bf16(packed) => matmul_bf16(out, values, packed, epilogue, pool),
            blocks => {
                let mut rows = cx.quantised.borrow_mut();
                if !is_prepared {
                    rows.fill(values, inputs, pool);
                }
                blocks.multiply(out, &rows, epilogue, pool);
                return true;
            }
        }
        false
    }

    /// Whether it holds numbers that stand alone.
    pub(crate) fn is_float(&self) -> bool {
        !self.dtype().is_quantised()
    }

    /// A frame as its products take it, each place of which stands so many times beside and below itself.
    pub(crate) fn padded(
        &self,
        cx: &Context,
        x: &[f32],
        (size, times): ([usize; 3], usize),
        margin: usize,
    ) -> PaddedFrame {
        match &*self.packed {
            Packed::Bf16(_) => PaddedFrame::new::<bf16>(x, (size, times), margin, cx.pool()),
            _ => PaddedFrame::new::<f32>(x, (size, times), margin, cx.pool()),
        }
    }

    /// What it makes of frames, as a kernel; then the bias.
    pub(crate) fn convolve(
        &self,
        cx: &Context,
        out: &mut [f32],
        frames: &[Option<&PaddedFrame>],
        taps: Taps,
    ) {
        let (bias, pool) = (self.bias.as_ref().map(Parameter::values), cx.pool());
        match &*self.packed {
            Packed::F32(packed) => conv_frames(out, frames, packed, taps, bias, pool),
            Packed::F16(packed) => conv_frames(out, frames, packed, taps, bias, pool),
            Packed::Bf16(packed) => conv_frames(out, frames, packed, taps, bias, pool),
            _ => panic!("kernels of `{}`", self.dtype()),
        }
    }

    /// `dx = dy · W`.
    pub(crate) fn multiply_back(&self, cx: &Context, dx: &mut [f32], dy: &[f32]) {
        let (pool, mut products) = (cx.pool(), cx.products.borrow_mut());
        match &*self.packed {
            Packed::F32(packed) => products.input(dx, dy, packed, Epilogue::Store, pool),
            Packed::Bf16(packed) => products.input(dx, dy, packed, Epilogue::Store, pool),
            _ => matmul_f32(dx, dy, &self.transposed(pool), Epilogue::Store, pool),
        }
    }

    /// `dW = dyᵀ · x`, then the epilogue; rounded to bfloat16 before it is multiplied where the weight is.
    pub(crate) fn differentiate(
        &self,
        cx: &Context,
        dw: &mut [f32],
        (dy, x): (&[f32], &[f32]),
        epilogue: Epilogue<'_>,
    ) {
        let (dy, x) = ((dy, self.outputs()), (x, self.inputs()));
        let (pool, mut products) = (cx.pool(), cx.products.borrow_mut());
        match &*self.packed {
            Packed::Bf16(_) => products.weight::<bf16>(dw, dy, x, epilogue, pool),
            _ => products.weight::<f32>(dw, dy, x, epilogue, pool),
        }
    }

    /// Other numbers `[outputs, inputs]`, rounded to its format, in the same memory when nobody shares it.
    ///
    /// # Panics
    /// When they are not as many, or it holds blocks.
    pub fn refill(&mut self, values: &[f32], pool: &Pool) {
        if Arc::get_mut(&mut self.packed).is_none() {
            let (outputs, inputs) = (self.outputs(), self.inputs());
            self.packed = Arc::new(match &*self.packed {
                Packed::Bf16(_) => Packed::Bf16(PackedBf16::zeroed(outputs, inputs)),
                _ => Packed::F32(PackedF32::zeroed(outputs, inputs)),
            });
        }
        match Arc::get_mut(&mut self.packed) {
            Some(Packed::F32(packed)) => packed.fill(values, pool),
            Some(Packed::Bf16(packed)) => packed.fill(values, pool),
            _ => panic!("weights that change are held in f32 or bfloat16"),
        }
    }

    /// The matrix as `[inputs, outputs]`, for gradients.
    pub(crate) fn transposed(&self, pool: &Pool) -> PackedF32 {
        let (outputs, inputs) = (self.outputs(), self.inputs());
        let mut values = vec![0.0; outputs * inputs];
        let mut row = vec![0.0; inputs];
        for output in 0..outputs {
            self.row(output, &mut row);
            for (input, value) in row.iter().enumerate() {
                values[input * outputs + output] = *value;
            }
        }
        PackedF32::pack(&values, inputs, outputs, pool)
    }
}

impl std::fmt::Debug for Weight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Weight")
            .field("outputs", &self.outputs())
            .field("inputs", &self.inputs())
            .field("dtype", &self.dtype())
            .finish_non_exhaustive()
    }
}

impl Packed {
    fn from_bytes(
        dtype: Dtype,
        bytes: &[u8],
        (outputs, inputs): (usize, usize),
        pool: &Pool,
    ) -> Self {
        macro_rules! pack {
            ($variant:ident, $packed:ty) => {
                Self::$variant(<$packed>::pack(&of_bytes(bytes), outputs, inputs, pool))
            };
        }
        match dtype {
            Dtype::F32 => pack!(F32, PackedF32),
            Dtype::F16 => pack!(F16, PackedF16),
            Dtype::Bf16 => pack!(Bf16, PackedBf16),
            Dtype::Q8_0 => pack!(Q8_0, PackedQ8_0),
            Dtype::Q4_0 => pack!(Q4_0, PackedQ4_0),
            Dtype::Q4K => pack!(Q4K, PackedQ4K),
            Dtype::Q6K => pack!(Q6K, PackedQ6K),
            Dtype::Mxfp4 => pack!(Mxfp4, PackedMxfp4),
            other => unreachable!("`{}` has no products", other.name()),
        }
    }

    /// The product of prepared rows with blocks.
    fn multiply(&self, out: &mut [f32], x: &QuantisedRows, epilogue: Epilogue<'_>, pool: &Pool) {
        match self {
            Self::Q8_0(packed) => matmul_q8_0(out, x, packed, epilogue, pool),
            Self::Q4_0(packed) => matmul_q4_0(out, x, packed, epilogue, pool),
            Self::Q4K(packed) => matmul_q4_k(out, x, packed, epilogue, pool),
            Self::Q6K(packed) => matmul_q6_k(out, x, packed, epilogue, pool),
            Self::Mxfp4(packed) => matmul_mxfp4(out, x, packed, epilogue, pool),
            Self::F32(_) | Self::F16(_) | Self::Bf16(_) => unreachable!("floats are no blocks"),
        }
    }
}

/// The format in which a matrix of `dtype` is held, with rows of `inputs` numbers.
fn held_as(dtype: Dtype, wanted: WeightType, inputs: usize) -> Dtype {
    let wanted = match wanted {
        WeightType::As(wanted) => wanted,
        WeightType::Stored => dtype,
    };
    let held = match wanted {
        Dtype::F32 | Dtype::F16 | Dtype::Bf16 => wanted,
        Dtype::Q8_0 | Dtype::Q4_0 | Dtype::Q4K | Dtype::Q6K | Dtype::Mxfp4 => wanted,
        Dtype::F64 => Dtype::F32,
        other if other.is_quantised() => Dtype::Q8_0,
        _ => Dtype::Bf16,
    };
    let whole = |dtype: &Dtype| inputs.is_multiple_of(dtype.block_len());
    let choices = [held, Dtype::Q8_0, Dtype::Bf16];
    choices.into_iter().find(whole).unwrap_or(Dtype::Bf16)
}

/// The bytes as numbers or blocks; copied when they do not lie as such must.
fn of_bytes<T: bytemuck::Pod>(bytes: &[u8]) -> Cow<'_, [T]> {
    match bytemuck::try_cast_slice(bytes) {
        Ok(values) => Cow::Borrowed(values),
        Err(_) => Cow::Owned(bytemuck::allocation::pod_collect_to_vec(bytes)),
    }
}
