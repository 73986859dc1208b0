//! Swept over every head.

use candle_core::{Device, Tensor, Var};

use super::*;
use crate::rng::{normal, rng};

/// Every head, each distance of the prototypes.
pub(crate) fn every_head() -> Vec<Head> {
    let prototypes = Distance::ALL.map(Head::Prototype);
    prototypes.into_iter().chain(ridges()).collect()
}

/// The linear map, and likenesses that tell features of tens of units apart.
fn ridges() -> [Head; 2] {
    [Head::Ridge { lambda: 0.5, gamma: 0.0 }, Head::Ridge { lambda: 0.5, gamma: 0.01 }]
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
    for (lambda, gamma, named) in [(0.0, 0.0, "lambda"), (0.3, -1.0, "gamma")] {
        let error = Head::Ridge { lambda, gamma }.fit(&support).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
    assert!("svm".parse::<HeadKind>().unwrap_err().to_string().contains("ridge"));
    for kind in HeadKind::ALL {
        assert_eq!(kind.to_string().parse::<HeadKind>()?, kind);
    }
    Ok(())
}

#[test]
fn a_row_of_weight_two_is_a_row_given_twice() -> Result<()> {
    let support = Support::of_episode(&clusters(3, 2)?)?;
    let extra = normal(&mut rng(2, 0), (1, 32), &Device::Cpu)?;
    let label = vec![vec![0.0, 1.0, 0.0]];
    let heavy = support.with_rows(&extra, label.clone(), 2.0)?;
    let twice = support.with_rows(&extra, label.clone(), 1.0)?.with_rows(&extra, label, 1.0)?;
    for head in every_head() {
        let [heavy, twice] =
            [&heavy, &twice].map(|rows| head.fit(rows)?.scores(support.features()));
        let off = (heavy? - twice?)?.abs()?.max_all()?.to_scalar::<f32>()?;
        assert!(off < 1e-3, "{head:?}: {off}");
    }
    Ok(())
}

#[test]
fn gradients_of_ridge_regression_are_those_of_finite_differences() -> Result<()> {
    let start = normal(&mut rng(1, 0), (3, 2, 5), &Device::Cpu)?;
    let queries = normal(&mut rng(2, 0), (4, 5), &Device::Cpu)?;
    for head in [0.0, 0.2].map(|gamma| Head::Ridge { lambda: 0.5, gamma }) {
        let loss = |support: &Tensor| -> Result<Tensor> {
            let fitted = head.fit(&Support::of_episode(support)?)?;
            Ok(fitted.scores(&queries)?.sqr()?.sum_all()?)
        };
        let var = Var::from_tensor(&start)?;
        let gradients = loss(&var)?.backward()?;
        let gradient = gradients.get(&var).ok_or(Error::NoExamples)?;
        let gradient = gradient.flatten_all()?.to_vec1::<f32>()?;
        let values = start.flatten_all()?.to_vec1::<f32>()?;
        for index in 0..values.len() {
            let at = |step: f32| -> Result<f32> {
                let mut moved = values.clone();
                moved[index] += step;
                let moved = Tensor::from_vec(moved, start.shape(), &Device::Cpu)?;
                Ok(loss(&moved)?.to_scalar()?)
            };
            let expected = (at(1e-2)? - at(-1e-2)?) / 2e-2;
            let error = (gradient[index] - expected).abs();
            let actual = gradient[index];
            assert!(error < 2e-3 * expected.abs().max(1.0), "{head:?}: {actual} {expected}");
        }
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
