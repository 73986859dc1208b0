//! Where tensors are computed.
//!
//! Which operations run there is candle's affair; this is only the choice, said
//! aloud, and the way back to the CPU that candle's own choice lacks.

mod several;

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, bail};
use candle_core::Device;

pub use several::{Devices, pick_all};

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A GPU where there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The NVIDIA GPU of this number.
    Cuda(usize),
    /// Apple's GPU.
    Metal,
}

impl FromStr for DeviceChoice {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(':') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "cuda" => Ok(Self::Cuda(0)),
            None if text == "metal" => Ok(Self::Metal),
            Some(("cuda", number)) if number.parse::<usize>().is_ok() => {
                Ok(Self::Cuda(number.parse()?))
            }
            _ => bail!("there is no device '{text}'; choose auto, cpu, cuda, cuda:N or metal"),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(0) => f.write_str("cuda"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}

/// The device of a choice; which one it is goes to standard error.
///
/// # Errors
/// Where a GPU was asked for by name and cannot be used. With
/// [`DeviceChoice::Auto`] that is a sentence, and the CPU is used.
pub fn pick(choice: DeviceChoice) -> Result<Device> {
    let device = match choice {
        DeviceChoice::Cpu => Device::Cpu,
        DeviceChoice::Cuda(number) => cuda(number)?,
        DeviceChoice::Metal => metal()?,
        DeviceChoice::Auto => automatic(),
    };
    eprintln!("device: {}", describe(&device));
    Ok(device)
}

fn automatic() -> Device {
    let found = if cfg!(feature = "cuda") {
        cuda(0)
    } else if cfg!(feature = "metal") {
        metal()
    } else {
        return Device::Cpu;
    };
    found.unwrap_or_else(|error| {
        eprintln!("{}", crate::output::one_line(&format!("{error:#}; going on with the CPU")));
        Device::Cpu
    })
}

fn cuda(number: usize) -> Result<Device> {
    if !cfg!(feature = "cuda") {
        bail!("this program was built without CUDA; build it with --features cuda, or use the CPU");
    }
    usable(|| Device::new_cuda(number), &format!("GPU {number} (CUDA)"))
}

fn metal() -> Result<Device> {
    if !cfg!(feature = "metal") {
        bail!(
            "this program was built without Metal; build it with --features metal, or use the CPU"
        );
    }
    usable(|| Device::new_metal(0), "the GPU (Metal)")
}

/// Opens a GPU and computes one sum on it: a driver that is there but does not
/// fit shows itself at the first kernel, not before. Loading a driver that is
/// missing panics in cudarc, which is caught here and becomes a sentence.
fn usable(open: impl Fn() -> candle_core::Result<Device>, name: &str) -> Result<Device> {
    let attempt = || -> candle_core::Result<Device> {
        let device = open()?;
        let sum = candle_core::Tensor::ones(4, candle_core::DType::F32, &device)?.sum_all()?;
        sum.to_scalar::<f32>()?;
        Ok(device)
    };
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(attempt));
    std::panic::set_hook(hook);
    match result {
        Ok(Ok(device)) => Ok(device),
        Ok(Err(error)) => bail!("{name} cannot be used ({error})"),
        Err(_) => bail!("{name} cannot be used (its driver is missing or too old)"),
    }
}

/// What a device is called.
#[must_use]
pub fn describe(device: &Device) -> String {
    match device.location() {
        candle_core::DeviceLocation::Cpu => {
            format!("CPU, {} threads", rayon::current_num_threads())
        }
        candle_core::DeviceLocation::Cuda { gpu_id } => format!("GPU {gpu_id} (CUDA)"),
        candle_core::DeviceLocation::Metal { gpu_id } => format!("GPU {gpu_id} (Metal)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_back() {
        for text in ["auto", "cpu", "cuda", "cuda:3", "metal"] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap().to_string(), text);
        }
        for text in ["gpu", "cuda:", "cuda:x", ""] {
            assert!(text.parse::<DeviceChoice>().is_err(), "{text}");
        }
    }

    #[test]
    fn automatic_always_finds_something_and_a_panic_is_a_sentence() {
        assert!(pick(DeviceChoice::Auto).is_ok());
        let error = usable(|| panic!("no driver"), "GPU 0").unwrap_err();
        assert!(error.to_string().contains("driver"), "{error}");
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_gpu_asked_for_by_name_is_not_replaced() {
        let error = pick(DeviceChoice::Cuda(0)).unwrap_err().to_string();
        assert!(error.contains("--features cuda"), "{error}");
    }
}
