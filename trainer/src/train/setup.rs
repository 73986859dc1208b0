//! What all stages of a run share: recipe, decoded pictures, device.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use candle_core::{Device, Tensor};
use fewshot::{Model, ModelConfig, Parameters, transform};
use serde_json::{Map, Value, json};

use super::parallel;
use super::streams::{self, Purpose};
use super::watch::Watch;
use crate::data::{DataSource, Dataset, PixelCache, Side, Split, decoded};
use crate::features;
use crate::interrupt::Interrupt;
use crate::recipe::Recipe;
use crate::seen;

/// Base pictures from which a centred transform's mean is estimated while the
/// encoder still learns; the `fit` stage takes them all.
const CENTRE_SAMPLE: usize = if cfg!(test) { 20 } else { 2000 };

/// One kind of pictures.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    /// What its data set is called.
    pub name: String,
    pub train: Arc<PixelCache>,
    pub val: Arc<PixelCache>,
}

/// What all stages of a run share.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub recipe: Recipe,
    /// Where all is computed that is not divided.
    pub device: Device,
    /// Among which the steps are divided that teach the backbone; the first is `device`.
    pub devices: Vec<Device>,
    /// The pictures that the backbone learns from.
    pub own: Kind,
    /// Further kinds, that generators learn from too and everything is chosen on as well.
    pub also: Vec<Kind>,
    /// The data, for the provenance of the weights.
    pub data: Map<String, Value>,
    /// Whether the run should end soon.
    pub interrupt: Interrupt,
}

impl Setup {
    /// Decodes the pictures of training and validation classes; `sources` are the
    /// data that the backbone learns from and further kinds.
    pub fn new(
        recipe: Recipe,
        sources: &[DataSource],
        devices: Vec<Device>,
        interrupt: Interrupt,
    ) -> Result<Self> {
        let [own, also @ ..] = sources else { bail!("there is no data to train on") };
        let device = devices.first().context("there is no device to train on")?.clone();
        parallel::check(&recipe, &devices)?;
        let (own, mut data) = Kind::load(&recipe, own)?;
        let mut kinds = Vec::new();
        let mut records = Vec::new();
        for source in also {
            interrupt.check()?;
            let (kind, record) = Kind::load(&recipe, source)?;
            kinds.push(kind);
            records.push(Value::Object(record));
        }
        if !records.is_empty() {
            data.insert(seen::ALSO.to_owned(), Value::Array(records));
        }
        Ok(Self { recipe, device, devices, own, also: kinds, data, interrupt })
    }

    /// The same on one device.
    pub fn on(&self, device: &Device) -> Self {
        Self { device: device.clone(), devices: vec![device.clone()], ..self.clone() }
    }

    /// The kind that the backbone learns from, then the others.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        std::iter::once(&self.own).chain(&self.also)
    }

    /// Work of so many pictures between steps.
    pub fn watch(&self, what: &str, pictures: usize) -> Watch<'_> {
        Watch::new(what, pictures, &self.interrupt)
    }

    /// A seed of its own for a purpose in a stage.
    pub fn seed(&self, stage: usize, purpose: Purpose) -> u64 {
        streams::seed(self.recipe.seed, stage, purpose)
    }

    /// Features of some base pictures, taken evenly, before the transform's
    /// centring, averaged; (D).
    pub fn centre(&self, config: &ModelConfig, parameters: &Parameters) -> Result<Tensor> {
        let count = self.own.train.len();
        let step = count.div_ceil(CENTRE_SAMPLE);
        let images: Vec<usize> = (0..count).step_by(step).collect();
        let embedder = Model::new(config.clone(), parameters)?.embedder()?;
        let forward =
            |pixels: &Tensor| config.transform.before_centring(&embedder.features(pixels)?);
        let features = features::encode(
            forward,
            &config.image,
            &self.own.train,
            &images,
            &self.device,
            &|_| self.interrupt.check(),
        )?;
        Ok(features.mean(0)?)
    }

    /// Features of all pictures of a side as the backbone leaves them, (images, D).
    pub fn raw_features(
        &self,
        pictures: &PixelCache,
        config: &ModelConfig,
        parameters: &Parameters,
    ) -> Result<Tensor> {
        let embedder = Model::new(config.clone(), parameters)?.embedder()?;
        let watch = self.watch("encoding pictures", pictures.len());
        let features = features::encode_split(
            |images| embedder.features(images),
            &config.image,
            pictures,
            &self.device,
            &|done| watch.advance(done),
        )?;
        watch.finish();
        Ok(features)
    }

    /// `parameters` with the transform's mean about as it is for this backbone,
    /// where the transform has one.
    pub fn centred(&self, config: &ModelConfig, mut parameters: Parameters) -> Result<Parameters> {
        if config.transform.is_centred() {
            let centre = self.centre(config, &parameters)?;
            parameters.insert(transform::MEAN, centre);
        }
        Ok(parameters)
    }
}

impl Kind {
    /// Decodes it; with its provenance.
    fn load(recipe: &Recipe, source: &DataSource) -> Result<(Self, Map<String, Value>)> {
        let (source, note) = source.for_training(recipe.seed)?;
        if let Some(note) = note {
            eprintln!("{note}");
        }
        let (train, val) = sides(recipe, &source)?;
        recipe.check_suits(&train, &val)?;
        let data = provenance(&source, &train, &val);
        let image = &recipe.model.image;
        let load = |dataset: &Dataset, side| -> Result<Arc<PixelCache>> {
            let what = format!("decoding {} pictures", dataset.split);
            Ok(Arc::new(decoded(dataset, image, side, &what)?))
        };
        let (train, val) = (load(&train, Side::Resized)?, load(&val, Side::Model)?);
        Ok((Self { name: source.name().to_owned(), train, val }, data))
    }
}

/// The classes that a recipe trains on, and those that weights are chosen on, of
/// data that is split.
///
/// # Errors
/// Where there is no such split.
pub(super) fn sides(recipe: &Recipe, source: &DataSource) -> Result<(Dataset, Dataset)> {
    let train = source.split(Split::Train)?;
    let mut val = source
        .split(Split::Val)
        .context("weights are chosen on classes of their own, so the data needs a split 'val'")?;
    let kept = recipe.validation.images_per_class;
    if kept > 0 {
        val.classes.iter_mut().for_each(|class| class.images.truncate(kept));
    }
    Ok((train, val))
}

/// Which classes of which data the weights see, and of somebody's own folder which
/// are kept back for testing.
fn provenance(source: &DataSource, train: &Dataset, val: &Dataset) -> Map<String, Value> {
    let whole = source.all();
    let mut data = Map::from_iter([
        ("data".to_owned(), json!(source.name())),
        ("train".to_owned(), seen::record(train, &whole)),
        ("val".to_owned(), seen::record(val, &whole)),
    ]);
    if let Some(test) = source.split(Split::Test).ok().filter(|_| source.is_own()) {
        data.insert("test".to_owned(), seen::record(&test, &whole));
    }
    data
}
