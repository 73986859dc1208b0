//! A run's metrics as the figure of its curves.

use crate::plot::{Curve, CurvesFigure};
use crate::run_dir::metric::Metric;
use crate::run_dir::metrics::Line;

/// The curves of all lines so far.
pub(super) fn figure(title: &str, lines: &[Line]) -> CurvesFigure {
    let mut stages: Vec<(String, f64)> = Vec::new();
    let mut losses: Vec<Curve> = Vec::new();
    let mut accuracies: Vec<Curve> = Vec::new();
    let put = |curves: &mut Vec<Curve>, name: &str, point: (f64, f64)| match curves
        .iter_mut()
        .find(|curve| curve.name == name)
    {
        Some(curve) => curve.points.push(point),
        None => curves.push(Curve { name: name.to_owned(), points: vec![point] }),
    };
    let mut start = 0.0;
    for line in lines {
        while stages.len() < line.stage {
            start = stages.last().map_or(0.0, |(_, end)| *end);
            stages.push((line.kind.clone(), start));
        }
        let step = start + line.step as f64;
        if let Some((_, end)) = stages.last_mut() {
            *end = step.max(*end);
        }
        if let Some(loss) = line.loss {
            put(&mut losses, &format!("{} {}", line.stage, line.kind), (step, loss));
        }
        for (name, &accuracy) in &line.validation {
            let name = Metric::of(name).map_or_else(|| name.clone(), |metric| metric.to_string());
            put(&mut accuracies, &name, (step, accuracy));
        }
    }
    CurvesFigure { title: title.to_owned(), stages, losses, accuracies }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_follow_each_other() {
        let line = |stage: usize, step, loss, val: Option<f64>| Line {
            stage,
            kind: ["pretrain", "hallucinate"][stage - 1].into(),
            step,
            steps: 10,
            loss,
            validation: val.map(|val| ("val_1shot_hallucinated".into(), val)).into_iter().collect(),
            ..Line::default()
        };
        let lines = [
            line(1, 5, Some(2.0), None),
            line(1, 10, Some(1.0), Some(0.5)),
            line(2, 3, Some(0.7), Some(0.6)),
        ];
        let figure = figure("a run", &lines);
        assert_eq!(figure.stages, [("pretrain".into(), 10.0), ("hallucinate".into(), 13.0)]);
        assert_eq!(figure.losses[0].points, [(5.0, 2.0), (10.0, 1.0)]);
        assert_eq!(figure.losses[1].points, [(13.0, 0.7)]);
        let expected =
            Curve { name: "1-shot, hallucinated".into(), points: vec![(10.0, 0.5), (13.0, 0.6)] };
        assert_eq!(figure.accuracies, [expected]);
    }
}
