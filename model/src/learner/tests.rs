use super::*;
use crate::{Precision, config::tests::tiny, image::PixelFormat};

fn model() -> Vec<u8> {
    let config = tiny(16, 3);
    let parameters = Model::init(&config, 3, &Device::Cpu).unwrap();
    let provenance = serde_json::Map::new();
    Checkpoint { config, provenance, parameters }.to_bytes(Precision::F32).unwrap()
}

/// The bytes of a PNG file of one colour.
fn picture(colour: [u8; 3]) -> Vec<u8> {
    let image = image::RgbImage::from_pixel(20, 24, image::Rgb(colour));
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn it_answers_as_the_classifier_over_the_same_features_does() -> Result<()> {
    let bytes = model();
    let mut learner = Learner::from_bytes(&bytes)?;
    let examples = [("red", [200, 0, 0]), ("blue", [0, 0, 200]), ("red", [250, 30, 30])];
    for (class, colour) in examples {
        learner.add(class, &picture(colour))?;
    }
    assert_eq!(learner.classes().collect::<Vec<_>>(), ["red", "blue"]);
    let checkpoint = Checkpoint::from_bytes(&bytes)?;
    let model = Model::from_checkpoint(&checkpoint, &Device::Cpu)?;
    let mut classifier = Classifier::new(&model, Settings::of(&model.config))?;
    let feature = |colour: [u8; 3]| -> Result<Tensor> {
        let data = colour.repeat(20 * 24);
        let pixels = crate::image::Pixels::new(20, 24, PixelFormat::Rgb8, &data)?;
        let values = to_tensor_data(&model.config.image, &pixels)?;
        model.embed(&Tensor::from_vec(values, (1, 3, 16, 16), &Device::Cpu)?)
    };
    classifier.add_class("red", "red")?;
    classifier.add_class("blue", "blue")?;
    for (number, (class, colour)) in examples.into_iter().enumerate() {
        classifier.add_example(class, number.to_string(), feature(colour)?.squeeze(0)?)?;
    }
    let query = [190, 20, 60];
    let expected = classifier.predict(&feature(query)?)?.remove(0);
    let answer = learner.classify(&picture(query))?;
    assert_eq!(answer.label.as_deref(), Some("red"));
    assert_eq!(answer.classes[0], ("red".to_owned(), expected.probabilities[0]));
    assert_eq!(answer.classes[1], ("blue".to_owned(), expected.probabilities[1]));
    assert_eq!(learner.feature(&picture(query))?, feature(query)?.to_vec2::<f32>()?[0]);
    Ok(())
}

#[test]
fn what_was_taught_goes_on_after_a_file() -> Result<()> {
    let bytes = model();
    let mut learner = Learner::from_bytes(&bytes)?;
    learner.add("red", &picture([200, 0, 0]))?;
    learner.add("blue", &picture([0, 0, 200]))?;
    learner.set_settings(Settings { hallucinations: 3, ..learner.settings() })?;
    let mut again = Learner::open(&bytes, &learner.to_bytes()?)?;
    for learner in [&mut learner, &mut again] {
        learner.add("red", &picture([250, 30, 30]))?;
        learner.add("green", &picture([0, 200, 0]))?;
    }
    let query = picture([20, 180, 40]);
    assert_eq!(learner.classify(&query)?, again.classify(&query)?);
    assert_eq!(again.classes().count(), 3);
    let mut other = Checkpoint::from_bytes(&bytes)?;
    other.parameters = Model::init(&other.config, 4, &Device::Cpu)?;
    let other = other.to_bytes(Precision::F32)?;
    let refused = Learner::open(&other, &learner.to_bytes()?).unwrap_err();
    assert!(matches!(refused, Error::OtherModel { .. }), "{refused}");
    Ok(())
}

#[test]
fn nothing_is_kept_of_what_is_refused() -> Result<()> {
    let mut learner = Learner::from_bytes(&model())?;
    assert!(matches!(learner.classify(&picture([1; 3])), Err(Error::NoExamples)));
    let whole = picture([200, 0, 0]);
    assert!(learner.add("red", &whole[..whole.len() / 2]).is_err());
    assert!(learner.add("red", b"no picture").is_err());
    assert_eq!(learner.classes().count(), 0);
    assert!(Learner::from_bytes(b"no model").is_err());
    assert!(Learner::open(&model(), b"no classifier").is_err());
    Ok(())
}
