//! Replicas on the CPU: all that GPUs do too, but for the sum itself.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use candle_core::{Device, Tensor, Var};
use fewshot::{Model, Parameters};

use super::meeting::{Abandoned, Meeting};
use super::share::Seat;
use super::*;
use crate::interrupt::Interrupt;
use crate::train::Outcome;
use crate::train::episodic::Episodes;
use crate::train::learner::{Learner, Start, Step};
use crate::train::pretrain::Pretraining;
use crate::train::setup::Setup;
use crate::train::tests::{Numbers, recipe, result, resume_on, source, start_on};

/// What `work` gives; a test of something that may wait for ever must end all the same.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(Duration::from_secs(60)).expect("it waits for ever, or has panicked")
}

/// Runs `work` for each of `count` replicas on a thread of its own; what they give, by rank.
fn together<T: Send + 'static>(
    count: usize,
    work: impl Fn(Share) -> Result<T> + Send + Sync + 'static,
) -> Result<Vec<T>> {
    in_time(move || {
        let meeting = Arc::new(Meeting::new(count));
        let seats = Seat::around(&vec![Device::Cpu; count], &meeting)?;
        std::thread::scope(|scope| {
            let work = &work;
            let start = |seat: Seat| scope.spawn(move || work(seat.take()?));
            let threads: Vec<_> = seats.into_iter().map(start).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        })
    })
}

/// The model's variables after a few steps of a stage of the tiny recipe.
fn trained(setup: &Setup, index: usize, share: &Share) -> Result<Parameters> {
    let config = &setup.recipe.model;
    let live = Model::init(config, 0, &Device::Cpu)?.to_variables()?;
    let start = Start { setup, index, config, live: &live, from: 0, kept: None, share };
    let mut learner: Box<dyn Learner> = match &setup.recipe.stage[index] {
        Stage::Pretrain(stage) => Box::new(Pretraining::new(stage, start)?),
        Stage::Episodic(stage) => Box::new(Episodes::new(stage, start)?),
        other => bail!("{} is not divided", other.kind()),
    };
    for step in 0..4 {
        learner.step(step)?;
    }
    Ok(live)
}

fn setup() -> Result<Setup> {
    Setup::new(recipe(&[]), &[source()?], vec![Device::Cpu], Interrupt::default())
}

fn numbers(live: &Parameters) -> Result<Numbers> {
    let number = |(name, tensor): (&str, &Tensor)| {
        Ok((name.to_owned(), tensor.flatten_all()?.to_vec1::<f32>()?))
    };
    live.iter().map(number).collect()
}

fn is_statistic((name, _): &(String, Vec<f32>)) -> bool {
    name.contains("running_")
}

#[test]
fn a_meeting_gives_all_what_each_brought_by_rank() -> Result<()> {
    let meeting = Arc::new(Meeting::new(3));
    let sums = together(3, move |share| {
        let mut seen = Vec::new();
        for round in 0..100 {
            let own = (round * 10 + share.part.rank) as f32;
            seen.push(meeting.exchange(share.part.rank, vec![own])?.concat());
        }
        Ok(seen)
    })?;
    for (round, brought) in sums[0].iter().enumerate() {
        assert_eq!(*brought, [0, 1, 2].map(|rank| (round * 10 + rank) as f32));
    }
    assert!(sums.iter().all(|seen| *seen == sums[0]));
    Ok(())
}

#[test]
fn nobody_waits_for_one_that_has_left() {
    let meeting = Arc::new(Meeting::new(2));
    let waiting = Arc::clone(&meeting);
    let error = in_time(move || {
        let thread = std::thread::spawn(move || waiting.exchange(0, vec![1.0]).unwrap_err());
        std::thread::sleep(Duration::from_millis(50));
        meeting.leave();
        assert!(meeting.exchange(1, Vec::new()).is_err(), "nor comes later");
        thread.join().unwrap()
    });
    assert!(error.is::<Abandoned>(), "{error}");
}

#[test]
fn gradients_are_averaged_and_one_that_nobody_has_stays_away() -> Result<()> {
    let found = together(2, |share| {
        let [all, one, none] = [2f32, 3.0, 5.0]
            .map(|value| Var::from_tensor(&Tensor::full(value, (2, 1), &Device::Cpu)?));
        let (all, one, none) = (all?, one?, none?);
        // By the first replica 4 and 6, by the second 1.
        let loss = match share.part.rank {
            0 => (all.sqr()?.sum_all()? + one.sqr()?.sum_all()?)?,
            _ => all.sum_all()?,
        };
        let mut gradients = loss.backward()?;
        share.average(&mut gradients, &[&all, &none, &one])?;
        let of = |var: &Var| gradients.get(var).map(|gradient| gradient.to_vec2::<f32>());
        Ok((of(&all).transpose()?, of(&one).transpose()?, of(&none).transpose()?))
    })?;
    for (all, one, none) in found {
        assert_eq!(all.context("no gradient")?, [[2.5], [2.5]]);
        assert_eq!(one.context("no gradient")?, [[3.0], [3.0]]);
        assert!(none.is_none());
    }
    Ok(())
}

#[test]
fn replicas_that_do_the_same_learn_as_one_does() -> Result<()> {
    for stage in [0, 1] {
        let setup = Arc::new(setup()?);
        let alone = numbers(&trained(&setup, stage, &Share::whole())?)?;
        let replicas =
            together(2, move |share| numbers(&trained(&setup, stage, &share.repeated())?))?;
        // Twice a number, halved, is that number to the last bit.
        assert!(replicas.iter().all(|replica| *replica == alone), "stage {stage}");
    }
    Ok(())
}

#[test]
fn replicas_that_divide_the_work_stay_equal_bit_for_bit() -> Result<()> {
    for stage in [0, 1] {
        let setup = Arc::new(setup()?);
        let alone = numbers(&trained(&setup, stage, &Share::whole())?)?;
        let replicas = together(2, move |share| numbers(&trained(&setup, stage, &share)?))?;
        let [weights, statistics] = [false, true].map(|statistics| {
            replicas.iter().map(move |replica| {
                let kind = replica.iter().filter(move |row| is_statistic(row) == statistics);
                kind.collect::<Vec<_>>()
            })
        });
        let (weights, statistics): (Vec<_>, Vec<_>) = (weights.collect(), statistics.collect());
        assert!(weights[0] == weights[1], "stage {stage}");
        assert!(statistics[0] != statistics[1], "each normalises its own pictures");
        let alone: Vec<_> = alone.iter().filter(|row| !is_statistic(row)).collect();
        assert!(weights[0] != alone, "the second replica has no part in it");
    }
    Ok(())
}

#[test]
fn a_run_on_two_devices_that_is_stopped_ends_bit_for_bit_as_one_that_was_not() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (whole, pieces) = (folder.path().join("whole"), folder.path().join("pieces"));
    let finished = start_on(2, &whole, &recipe(&[]), &Interrupt::default())?;
    assert!(matches!(finished, Outcome::Finished { .. }));
    let mut outcome = start_on(2, &pieces, &recipe(&[]), &Interrupt::after(2))?;
    let mut stops = 0;
    while outcome == Outcome::Interrupted {
        stops += 1;
        assert!(stops < 30, "the run does not go on");
        outcome = resume_on(2, &pieces, &Interrupt::after(3))?;
    }
    assert!(stops > 3, "{stops} stops");
    assert_eq!(outcome, finished);
    let ((numbers, lines), (expected, expected_lines)) = (result(&pieces)?, result(&whole)?);
    assert!(numbers == expected);
    assert_eq!(lines, expected_lines);
    Ok(())
}

#[test]
fn a_batch_that_cannot_be_divided_is_refused_with_one_that_can() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let error = start_on(3, &run, &recipe(&[]), &Interrupt::default()).unwrap_err().to_string();
    assert!(error.contains("16 pictures") && error.contains("stage.0.batch=18"), "{error}");
}

/// What goes wrong with a replica.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Building,
    Step,
    Panic,
}

/// A learner that fails at step 2, where `fault` says how; else it meets the others.
struct Faulty(Share, Option<Fault>);

impl Learner for Faulty {
    fn step(&mut self, step: usize) -> Result<Step> {
        match self.1.filter(|_| step == 2) {
            Some(Fault::Panic) => panic!("as the test wants it"),
            Some(_) => bail!("the loss is NaN"),
            None => {}
        }
        let var = Var::new(&[step as f32], &Device::Cpu)?;
        let mut gradients = var.sqr()?.sum_all()?.backward()?;
        self.0.average(&mut gradients, &[&var])?;
        let rank = self.0.part.rank as f64;
        Ok(Step { loss: rank, accuracy: 1.0 - rank, rate: 0.5 })
    }

    fn state(&self) -> Parameters {
        Parameters::default()
    }
}

#[test]
fn a_replica_that_fails_ends_the_run_with_its_reason() {
    let error = |faulty: usize, fault: Fault| {
        in_time(move || {
            let build = move |share: Share| -> Result<Box<dyn Learner>> {
                let fault = (share.part.rank == faulty).then_some(fault);
                if matches!(fault, Some(Fault::Building)) {
                    bail!("there is no memory left");
                }
                Ok(Box::new(Faulty(share, fault)))
            };
            let mut replicas = Replicas::start(&vec![Device::Cpu; 3], build)?;
            for step in 0..5 {
                let Step { loss, accuracy, .. } = replicas.step(step)?;
                // The means of the three.
                assert!((loss - 1.0).abs() < 1e-9 && accuracy.abs() < 1e-9);
                assert!(step < 2, "step {step}");
            }
            Ok(())
        })
        .map_err(|error: anyhow::Error| format!("{error:#}"))
        .unwrap_err()
    };
    for faulty in 0..3 {
        let told = error(faulty, Fault::Step);
        assert!(told.contains("on CPU") && told.ends_with("the loss is NaN"), "{told}");
        let told = error(faulty, Fault::Building);
        assert!(told.ends_with("there is no memory left"), "{told}");
    }
    let told = error(1, Fault::Panic);
    assert!(told.contains("its thread has ended unexpectedly"), "{told}");
}

#[test]
fn devices_that_cannot_add_up_together_are_refused() {
    let meeting = Arc::new(Meeting::new(1));
    assert!(Seat::around(&[Device::Cpu], &meeting).is_ok());
    assert!(!is_divided(&recipe(&[]).stage[0], &[Device::Cpu]));
    let two = [Device::Cpu, Device::Cpu];
    let divided = recipe(&[]).stage.iter().map(|stage| is_divided(stage, &two)).collect::<Vec<_>>();
    assert_eq!(divided, [true, true, false, false]);
}
