//! Several GPUs of one machine, for training.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};
use candle_core::Device;

use super::{DeviceChoice, pick};

/// One device, or several GPUs that train together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Devices(Vec<DeviceChoice>);

impl Default for Devices {
    fn default() -> Self {
        Self(vec![DeviceChoice::default()])
    }
}

impl FromStr for Devices {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some(numbers) = text.strip_prefix("cuda:").filter(|numbers| numbers.contains(','))
        else {
            let choice = text.parse().context("several GPUs are cuda:N,M")?;
            return Ok(Self(vec![choice]));
        };
        let mut choices = Vec::new();
        for number in numbers.split(',') {
            let Ok(number) = number.parse() else {
                bail!("'{number}' is no number of a GPU; several GPUs are cuda:N,M");
            };
            let choice = DeviceChoice::Cuda(number);
            ensure!(!choices.contains(&choice), "GPU {number} is named twice");
            choices.push(choice);
        }
        Ok(Self(choices))
    }
}

impl fmt::Display for Devices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [choice] = self.0.as_slice() {
            return choice.fmt(f);
        }
        let number = |choice: &DeviceChoice| match choice {
            DeviceChoice::Cuda(number) => number.to_string(),
            other => other.to_string(),
        };
        let numbers: Vec<String> = self.0.iter().map(number).collect();
        write!(f, "cuda:{}", numbers.join(","))
    }
}

/// The devices of a choice, the first of which leads; which they are goes to standard error.
///
/// # Errors
/// Where one was asked for by name and cannot be used, or where there are several and the
/// program was built without what they need.
pub fn pick_all(devices: &Devices) -> Result<Vec<Device>> {
    if devices.0.len() > 1 && !cfg!(feature = "nccl") {
        bail!(
            "this program was built without NCCL, through which several GPUs train together; \
             build it with --features nccl, or give one GPU"
        );
    }
    devices.0.iter().map(|&choice| pick(choice)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_are_read_back_and_one_is_one() {
        for text in ["auto", "cpu", "cuda", "cuda:3", "cuda:0,1", "cuda:2,0,5"] {
            assert_eq!(text.parse::<Devices>().unwrap().to_string(), text);
        }
        for (text, told) in [
            ("cuda:0,", "'' is no number"),
            ("cuda:0,x", "'x' is no number"),
            ("cuda:1,1", "GPU 1 is named twice"),
            ("cuda,cpu", "cuda:N,M"),
            ("cpu:0,1", "no device 'cpu:0,1'"),
        ] {
            let error = format!("{:#}", text.parse::<Devices>().unwrap_err());
            assert!(error.contains(told), "{text}: {error}");
        }
        assert_eq!(Devices::default().to_string(), "auto");
    }

    #[cfg(not(feature = "nccl"))]
    #[test]
    fn several_want_a_program_that_can() {
        let error = pick_all(&"cuda:0,1".parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("--features nccl"), "{error}");
        assert_eq!(pick_all(&"cpu".parse().unwrap()).unwrap().len(), 1);
    }
}
