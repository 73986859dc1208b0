//! ResNet-12: four residual blocks of three 3x3 convolutions, each with BatchNorm and
//! LeakyReLU of slope 0.1, a 1x1 shortcut, and MaxPool 2 at the end; the mean of the last
//! map is the feature (Oreshkin et al. 2018; with these channels Lee et al. 2019,
//! "MetaOptNet", section 4.1, and Tian et al. 2020, "Rethinking Few-Shot Image
//! Classification", whose names the tensors have). Nothing is dropped in training.

use candle_core::{D, Device, Tensor};

use super::{
    Backend, check_images,
    frozen::{Choice, FrozenNetwork},
    norm::{ConvNorm, ConvNormShape},
    operations::max_pool,
};
use crate::{
    Parameters, Result,
    config::ResNet12Config,
    kernels::{Activation, Level, Moments, Step},
    rng::Rng,
};

/// Smallest side of a picture, pixels: it is halved four times.
pub const LEAST_PIXELS: usize = 16;
/// Of the line below zero.
const SLOPE: f32 = 0.1;
/// Added to the variance before the root, PyTorch's default.
const EPSILON: f64 = 1e-5;

/// The network over a set of parameters.
#[derive(Clone, Debug)]
pub struct ResNet12 {
    input: usize,
    blocks: Vec<Block>,
    choice: Choice,
}

#[derive(Clone, Debug)]
struct Block {
    convolutions: [ConvNorm; 3],
    shortcut: ConvNorm,
}

/// The three convolutions and the shortcut of block `index`.
fn block_shapes(index: usize, input: usize, output: usize) -> [ConvNormShape; 4] {
    let name = |name: String| format!("encoder.layer{}.0.{name}", index + 1);
    let convolution = |number: usize, input: usize| ConvNormShape {
        convolution: name(format!("conv{number}")),
        norm: name(format!("bn{number}")),
        weight: [output, input, 3, 3],
    };
    let shortcut = ConvNormShape {
        convolution: name("downsample.0".into()),
        norm: name("downsample.1".into()),
        weight: [output, input, 1, 1],
    };
    [convolution(1, input), convolution(2, output), convolution(3, output), shortcut]
}

fn shapes(config: &ResNet12Config, mut input: usize) -> impl Iterator<Item = [ConvNormShape; 4]> {
    config.channels.iter().enumerate().map(move |(index, output)| {
        let shapes = block_shapes(index, input, *output);
        input = *output;
        shapes
    })
}

impl ResNet12 {
    /// Over `encoder.layer{1..4}.0.*` of `parameters`, for pictures of `input` channels.
    ///
    /// # Errors
    /// If a tensor is missing or of another shape than `config` asks for.
    pub fn new(config: &ResNet12Config, input: usize, parameters: &Parameters) -> Result<Self> {
        let layer = |shape: &ConvNormShape| ConvNorm::new(shape, parameters, EPSILON);
        let block = |[first, second, third, shortcut]: [ConvNormShape; 4]| {
            Ok(Block {
                convolutions: [layer(&first)?, layer(&second)?, layer(&third)?],
                shortcut: layer(&shortcut)?,
            })
        };
        let blocks = shapes(config, input).map(block).collect::<Result<_>>()?;
        Ok(Self { input, blocks, choice: Choice::new() })
    }

    /// Fresh parameters, drawn from `rng`.
    ///
    /// # Errors
    /// If the device cannot hold them.
    pub fn init(
        config: &ResNet12Config,
        input: usize,
        rng: &mut Rng,
        device: &Device,
    ) -> Result<Parameters> {
        let mut parameters = Parameters::default();
        for shape in shapes(config, input).flatten() {
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

    /// Features with BatchNorm over this batch, in candle's operations everywhere.
    ///
    /// # Shapes
    /// - images: (B, C, S, S), f32, normalised
    /// - output: (B, D), f32, differentiable in the parameters
    ///
    /// # Errors
    /// If the images do not fit.
    pub fn forward_train(&self, images: &Tensor) -> Result<Tensor> {
        check_images(images, self.input, LEAST_PIXELS)?;
        let mut map = images.clone();
        for Block { convolutions: [first, second, third], shortcut } in &self.blocks {
            let inner = leaky_relu(&first.forward_train(&map)?)?;
            let inner = leaky_relu(&second.forward_train(&inner)?)?;
            let sum = (third.forward_train(&inner)? + shortcut.forward_train(&map)?)?;
            map = leaky_relu(&max_pool(&sum)?)?;
        }
        Ok(map.flatten_from(2)?.mean(D::Minus1)?)
    }

    /// The network for inference at its present parameters.
    ///
    /// # Errors
    /// If the device fails.
    pub fn freeze(&self) -> Result<FrozenNetwork> {
        let device = self.blocks[0].shortcut.device();
        FrozenNetwork::new(self.choice, device, self.input, LEAST_PIXELS, self.steps())
    }

    /// What the network does, with the running statistics folded in.
    pub(super) fn steps(&self) -> impl Iterator<Item = Result<Step>> {
        let blocks = self.blocks.iter().flat_map(Block::steps);
        blocks.chain([Ok(Step::Pool(Moments::MEAN))])
    }
}

impl Block {
    fn steps(&self) -> impl Iterator<Item = Result<Step>> {
        let leaky = Activation { slope: SLOPE, ..Activation::NONE };
        let keep = || Ok(Step::Keep { shortcut: Some(self.shortcut.fold(1, Activation::NONE)?) });
        let convolve = move |(index, layer): (usize, &ConvNorm)| {
            Ok(Step::Convolve { convolution: layer.fold(1, leaky)?, add_kept: index == 2 })
        };
        std::iter::once_with(keep)
            .chain(self.convolutions.iter().enumerate().map(convolve))
            .chain([Ok(Step::MaxPool)])
    }
}

/// max(x, slope · x), which for zero has the slope below it, as PyTorch has.
fn leaky_relu(x: &Tensor) -> Result<Tensor> {
    let slope = f64::from(SLOPE);
    Ok(((x.relu()? * (1.0 - slope))? + (x * slope)?)?)
}
