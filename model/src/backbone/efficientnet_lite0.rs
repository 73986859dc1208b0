//! EfficientNet-Lite0: the inverted residual blocks of EfficientNet-B0 (Tan and Le 2019,
//! table 1) with ReLU6 and without squeeze-and-excitation, so that they run fast
//! everywhere. Taken with ImageNet's weights and not trained here.

use candle_core::{Device, Tensor};

use super::{
    Backend,
    frozen::{Choice, FrozenNetwork},
    norm::{ConvNorm, ConvNormShape},
};
use crate::{
    Error, Parameters, Result,
    config::{EfficientNetLite0Config, Pooled},
    kernels::{Activation, Level, Moments, Step},
    rng::Rng,
};

/// Smallest side of a picture, pixels: it is halved five times.
pub const LEAST_PIXELS: usize = 32;
/// Number of blocks.
pub const BLOCKS: usize = 16;
/// Channels after the first convolution.
const STEM: usize = 32;
/// Channels of the last convolution: the length of the feature by itself.
const HEAD: usize = 1280;
/// Added to the variance before the root, TensorFlow's default.
const EPSILON: f64 = 1e-3;
/// What the names of the tensors begin with.
const PREFIX: &str = "encoder.";

/// One stage: blocks, side of the depthwise filters, stride of its first block, how many
/// times its channels grow within a block, channels out.
const STAGES: [(usize, usize, usize, usize, usize); 7] = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
];

/// Sizes of one block.
#[derive(Clone, Copy, Debug)]
struct BlockShape {
    kernel: usize,
    stride: usize,
    input: usize,
    inner: usize,
    output: usize,
}

fn block_shapes() -> impl Iterator<Item = BlockShape> {
    let mut input = STEM;
    STAGES.into_iter().flat_map(move |(count, kernel, stride, factor, output)| {
        let first = std::mem::replace(&mut input, output);
        (0..count).map(move |index| {
            let (input, stride) = if index == 0 { (first, stride) } else { (output, 1) };
            BlockShape { kernel, stride, input, inner: input * factor, output }
        })
    })
}

/// Length of the feature with moments of the outputs of the blocks `pooled` joined to
/// it; blocks there are not count nothing.
pub(crate) fn feature_dim(pooled: &[Pooled]) -> usize {
    let joined = |at: &Pooled| -> usize {
        block_shapes().nth(at.block).map_or(0, |shape| shape.output * at.moments().count())
    };
    HEAD + pooled.iter().map(joined).sum::<usize>()
}

/// Every convolution, named as in PyTorch's module, with a block's in the order in which
/// they are applied.
fn stem(input: usize) -> ConvNormShape {
    named("_conv_stem", "_bn0", [STEM, input, 3, 3])
}

fn head() -> ConvNormShape {
    let last = STAGES[STAGES.len() - 1].4;
    named("_conv_head", "_bn1", [HEAD, last, 1, 1])
}

impl BlockShape {
    fn expand(&self, index: usize) -> Option<ConvNormShape> {
        let shape = [self.inner, self.input, 1, 1];
        (self.inner > self.input).then(|| in_block(index, "_expand_conv", "_bn0", shape))
    }

    fn depthwise(&self, index: usize) -> ConvNormShape {
        let shape = [self.inner, 1, self.kernel, self.kernel];
        in_block(index, "_depthwise_conv", "_bn1", shape)
    }

    fn project(&self, index: usize) -> ConvNormShape {
        in_block(index, "_project_conv", "_bn2", [self.output, self.inner, 1, 1])
    }
}

fn named(convolution: &str, norm: &str, weight: [usize; 4]) -> ConvNormShape {
    let name = |name: &str| format!("{PREFIX}{name}");
    ConvNormShape { convolution: name(convolution), norm: name(norm), weight }
}

fn in_block(index: usize, convolution: &str, norm: &str, weight: [usize; 4]) -> ConvNormShape {
    let name = |name: &str| format!("_blocks.{index}.{name}");
    named(&name(convolution), &name(norm), weight)
}

/// The network over a set of parameters.
#[derive(Clone, Debug)]
pub struct EfficientNetLite0 {
    input: usize,
    stem: ConvNorm,
    blocks: Vec<Block>,
    head: ConvNorm,
    pooled: Vec<Pooled>,
    choice: Choice,
}

#[derive(Clone, Debug)]
struct Block {
    shape: BlockShape,
    expand: Option<ConvNorm>,
    depthwise: ConvNorm,
    project: ConvNorm,
}

impl EfficientNetLite0 {
    /// Over `encoder.*` of `parameters`, for pictures of `input` channels.
    ///
    /// # Errors
    /// If a tensor is missing or of another shape.
    pub fn new(
        config: &EfficientNetLite0Config,
        input: usize,
        parameters: &Parameters,
    ) -> Result<Self> {
        let layer = |shape: &ConvNormShape| ConvNorm::new(shape, parameters, EPSILON);
        let blocks = block_shapes().enumerate().map(|(index, shape)| {
            Ok(Block {
                shape,
                expand: shape.expand(index).as_ref().map(layer).transpose()?,
                depthwise: layer(&shape.depthwise(index))?,
                project: layer(&shape.project(index))?,
            })
        });
        Ok(Self {
            input,
            stem: layer(&stem(input))?,
            blocks: blocks.collect::<Result<_>>()?,
            head: layer(&head())?,
            pooled: config.pooled.clone(),
            choice: Choice::new(),
        })
    }

    /// Random parameters, drawn from `rng`: for tests and timing.
    ///
    /// # Errors
    /// If the device cannot hold them.
    pub fn init(input: usize, rng: &mut Rng, device: &Device) -> Result<Parameters> {
        let blocks = block_shapes().enumerate().flat_map(|(index, shape)| {
            let [depthwise, project] = [shape.depthwise(index), shape.project(index)];
            shape.expand(index).into_iter().chain([depthwise, project])
        });
        let mut parameters = Parameters::default();
        for shape in std::iter::once(stem(input)).chain(blocks).chain([head()]) {
            ConvNorm::init(&shape, rng, device, &mut parameters)?;
        }
        Ok(parameters)
    }

    /// The same network computed by `backend`.
    #[must_use]
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { choice: Choice { backend, ..self.choice }, ..self }
    }

    /// The same network with the kernels of one instruction set.
    #[must_use]
    pub fn with_level(self, level: Level) -> Self {
        Self { choice: Choice { level, ..self.choice }, ..self }
    }

    /// # Errors
    /// Always: says what to do instead.
    pub fn forward_train(&self) -> Result<Tensor> {
        Err(Error::Argument {
            what: "the backbone to train",
            actual: "efficientnet-lite0, which is used as it was imported".into(),
            expected: "conv4 or resnet12, or a recipe whose stages leave the backbone as it is",
        })
    }

    /// The network for inference at its present parameters. Each layer's are let go as soon as
    /// they are in the order of the kernels, where nothing else holds them.
    ///
    /// # Errors
    /// If the device fails.
    pub fn into_frozen(self) -> Result<FrozenNetwork> {
        let device = self.stem.device().clone();
        let (choice, input) = (self.choice, self.input);
        FrozenNetwork::new(choice, &device, input, LEAST_PIXELS, self.into_steps())
    }

    /// What the network does, with the running statistics folded in.
    pub(super) fn into_steps(self) -> impl Iterator<Item = Result<Step>> {
        let Self { stem, blocks, head, pooled, .. } = self;
        let convolve = |layer: &ConvNorm, stride: usize| {
            let convolution = layer.fold(stride, Activation::RELU6)?;
            Ok(Step::Convolve { convolution, add_kept: false })
        };
        let blocks = blocks.into_iter().enumerate().flat_map(move |(index, block)| {
            let pooled = pooled.iter().find(|at| at.block == index);
            let pooled = pooled.map(|at| Ok(Step::Pool(at.moments())));
            [Some(block.step()), pooled].into_iter().flatten()
        });
        std::iter::once_with(move || convolve(&stem, 2))
            .chain(blocks)
            .chain(std::iter::once_with(move || convolve(&head, 1)))
            .chain([Ok(Step::Pool(Moments::MEAN))])
    }
}

impl Block {
    fn step(&self) -> Result<Step> {
        let BlockShape { stride, input, output, .. } = self.shape;
        let expand = self.expand.as_ref().map(|layer| layer.fold(1, Activation::RELU6));
        Ok(Step::InvertedResidual {
            expand: expand.transpose()?,
            depthwise: self.depthwise.fold_depthwise(stride, Activation::RELU6)?,
            project: self.project.fold(1, Activation::NONE)?,
            residual: stride == 1 && input == output,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;

    #[test]
    fn it_has_the_published_blocks_and_parameters() -> Result<()> {
        assert_eq!(block_shapes().count(), BLOCKS);
        let parameters = EfficientNetLite0::init(3, &mut rng::rng(0, 0), &Device::Cpu)?;
        let counted = parameters.iter().filter(|(name, _)| !name.contains("running_"));
        // 4.65 M with the classifier of a thousand classes, which is 1.28 M.
        assert_eq!(counted.map(|(_, tensor)| tensor.elem_count()).sum::<usize>(), 3_371_008);
        Ok(())
    }
}
