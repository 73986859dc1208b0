//! Swept over every head.

use candle_core::{Device, Tensor, Var};

use super::*;
use crate::rng::{normal, rng};

/// Every head, each distance of the prototypes.
pub(crate) fn every_head() -> Vec<Head> {
    let prototypes = Distance::ALL.map(Head::Prototype);
    prototypes.into_iter().chain([Head::Ridge { lambda: 0.5 }]).collect()
}

fn clusters(ways: usize, shots: usize) -> Result<Tensor> {
    let centres = (normal(&mut rng(1, 0), (ways, 1, 32), &Device::Cpu)? * 3.0)?;
    Ok(normal(&mut rng(1, 1), (ways, shots, 32), &Device::Cpu)?.broadcast_add(&centres)?)
}

#[test]
fn separate_classes_are_told_apart() -> Result<()> {
    let all = clusters(5, 8)?;
    let support = Support::of_episode(&all.narrow(1, 0, 2)?)?;
    let queries = all.narrow(1, 2, 6)?.reshape((30, 32))?;
    for head in every_head() {
        let labels = head.fit(&support)?.scores(&queries)?.argmax(1)?.to_vec1::<u32>()?;
        let right = labels.iter().enumerate().filter(|(i, label)| **label == (i / 6) as u32);
        assert!(right.count() >= 29, "{head:?}");
    }
    Ok(())
}

#[test]
fn answers_follow_the_classes_when_those_are_put_in_another_order() -> Result<()> {
    let all = clusters(3, 4)?;
    let queries = normal(&mut rng(2, 0), (4, 32), &Device::Cpu)?;
    let order = Tensor::new(&[2u32, 0, 1], &Device::Cpu)?;
    for head in every_head() {
        let scores = head.fit(&Support::of_episode(&all)?)?.scores(&queries)?;
        let other = Support::of_episode(&all.index_select(&order, 0)?)?;
        let other = head.fit(&other)?.scores(&queries)?;
        let off = (scores.index_select(&order, 1)? - other)?.abs()?.max_all()?;
        assert!(off.to_scalar::<f32>()? < 1e-4, "{head:?}");
    }
    Ok(())
}

#[test]
fn gradients_reach_support_and_queries() -> Result<()> {
    for head in every_head() {
        let support = Var::from_tensor(&clusters(3, 2)?)?;
        let queries = Var::from_tensor(&normal(&mut rng(2, 0), (4, 32), &Device::Cpu)?)?;
        let scores = head.fit(&Support::of_episode(&support)?)?.scores(&queries)?;
        let gradients = scores.sqr()?.sum_all()?.backward()?;
        for var in [&support, &queries] {
            let gradient = gradients.get(var).ok_or(Error::NoExamples)?;
            assert!(gradient.abs()?.max_all()?.to_scalar::<f32>()? > 0.0, "{head:?}");
        }
    }
    Ok(())
}

#[test]
fn unusable_input_is_refused() -> Result<()> {
    let support = Support::of_episode(&clusters(3, 2)?)?;
    for head in every_head() {
        let narrow = normal(&mut rng(2, 0), (4, 31), &Device::Cpu)?;
        assert!(head.fit(&support)?.scores(&narrow).is_err(), "{head:?}");
    }
    let lambda = Head::Ridge { lambda: 0.0 }.fit(&support).unwrap_err().to_string();
    assert!(lambda.contains("lambda"), "{lambda}");
    assert!("svm".parse::<HeadKind>().unwrap_err().to_string().contains("ridge"));
    for kind in HeadKind::ALL {
        assert_eq!(kind.to_string().parse::<HeadKind>()?, kind);
    }
    Ok(())
}

#[test]
fn probabilities_sum_to_one_and_flatten_with_the_temperature() -> Result<()> {
    let scores = Tensor::new(&[[1f32, 3.0], [900.0, -900.0]], &Device::Cpu)?;
    let sharp = probabilities(&scores, 1.0)?;
    assert!((sharp[0][1] - 1.0 / (1.0 + (-2f32).exp())).abs() < 1e-6);
    assert_eq!(sharp[1], [1.0, 0.0]);
    assert!(probabilities(&scores, 100.0)?[0][1] < 0.51);
    Ok(())
}
