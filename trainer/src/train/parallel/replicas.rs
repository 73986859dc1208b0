//! A learner on each device, as one.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use candle_core::Device;
use fewshot::Parameters;

use super::meeting::{Abandoned, Meeting, Present};
use super::share::{Seat, Share};
use crate::device::describe;
use crate::train::learner::{Learner, Step};

/// The first replica on the thread of the run, every other on one of its own. What is
/// validated and kept is the first one's.
pub(in crate::train) struct Replicas {
    first: Box<dyn Learner>,
    others: Vec<Other>,
    meeting: Arc<Meeting>,
    devices: Vec<Device>,
}

/// A replica on a thread of its own.
struct Other {
    meeting: Arc<Meeting>,
    steps: Option<Sender<usize>>,
    done: Receiver<Result<Step>>,
    thread: Option<JoinHandle<()>>,
}

impl Replicas {
    /// Starts one on each device; `build` makes the learner of a share, on the thread on which
    /// it will work.
    ///
    /// # Errors
    /// Where the devices cannot train together, or the first learner cannot be made; what goes
    /// wrong on other threads is told by the first step.
    pub fn start(
        devices: &[Device],
        build: impl Fn(Share) -> Result<Box<dyn Learner>> + Send + Sync + 'static,
    ) -> Result<Self> {
        let meeting = Arc::new(Meeting::new(devices.len()));
        let mut seats = Seat::around(devices, &meeting)?.into_iter();
        let own = seats.next().context("there is no device")?;
        let build = Arc::new(build);
        let start = |seat| {
            let build = Arc::clone(&build);
            Other::start(seat, Arc::clone(&meeting), move |share| build(share))
        };
        let others = seats.map(start).collect::<Result<_>>()?;
        let first = own.take().and_then(|share| build(share))?;
        Ok(Self { first, others, meeting, devices: devices.to_vec() })
    }
}

impl Learner for Replicas {
    fn step(&mut self, step: usize) -> Result<Step> {
        for other in &self.others {
            // One that has ended says why when it is asked for its result.
            let _ = other.steps.as_ref().map(|steps| steps.send(step));
        }
        let first = self.first.step(step);
        if first.is_err() {
            self.meeting.leave();
        }
        let others = self.others.iter().map(Other::result);
        let results: Vec<Result<Step>> = std::iter::once(first).chain(others).collect();
        let mut steps = Vec::new();
        let mut told: Option<anyhow::Error> = None;
        for (result, device) in results.into_iter().zip(&self.devices) {
            match result {
                Ok(step) => steps.push(step),
                // The cause rather than that others were left alone by it.
                Err(error) if told.as_ref().is_none_or(anyhow::Error::is::<Abandoned>) => {
                    told = Some(error.context(format!("on {}", describe(device))));
                }
                Err(_) => {}
            }
        }
        if let Some(error) = told {
            return Err(error);
        }
        let mean = |of: fn(&Step) -> f64| steps.iter().map(of).sum::<f64>() / steps.len() as f64;
        let rate = steps.first().context("there is no replica")?.rate;
        Ok(Step { loss: mean(|step| step.loss), accuracy: mean(|step| step.accuracy), rate })
    }

    fn result(&self, live: &Parameters) -> Result<Parameters> {
        self.first.result(live)
    }

    fn temperature(&self) -> Result<Option<f32>> {
        self.first.temperature()
    }

    fn state(&self) -> Parameters {
        self.first.state()
    }
}

impl Other {
    fn start(
        seat: Seat,
        meeting: Arc<Meeting>,
        build: impl FnOnce(Share) -> Result<Box<dyn Learner>> + Send + 'static,
    ) -> Result<Self> {
        let (steps, asked) = channel();
        let (results, done) = channel();
        let name = format!("replica {}", seat.rank());
        let present = Present(Arc::clone(&meeting));
        let work = move || {
            let _present = present;
            let mut learner = match seat.take().and_then(build) {
                Ok(learner) => learner,
                // Nobody listens any more where the run has ended.
                Err(error) => return drop(results.send(Err(error))),
            };
            for step in asked {
                let result = learner.step(step);
                let failed = result.is_err();
                if results.send(result).is_err() || failed {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new().name(name).spawn(work);
        let thread = thread.context("cannot start a thread for a replica")?;
        Ok(Self { meeting, steps: Some(steps), done, thread: Some(thread) })
    }

    /// What its step gave, or why it gave nothing.
    fn result(&self) -> Result<Step> {
        self.done.recv().unwrap_or_else(|_| Err(anyhow!("its thread has ended unexpectedly")))
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It may wait for a replica that will not come, or for its next step.
        self.meeting.leave();
        self.steps = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was already reported by the thread itself.
            let _ = thread.join();
        }
    }
}
