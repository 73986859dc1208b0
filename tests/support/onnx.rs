//! Runs an ONNX graph as the operators' definitions say, in candle's operations: so that every
//! test run sees what an exported file computes. That onnxruntime sees the same is shown by
//! `cargo xtask interop`.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use candle_core::{D, DType, Device, Tensor};
use fewshot_trainer::onnx::proto::{self, Attribute, Graph, Node};

/// Outputs of `graph` by their names, for inputs by theirs.
///
/// # Errors
/// If an input is missing, or an operation is not known here or does not fit.
pub fn run(graph: &Graph, inputs: &[(&str, &Tensor)]) -> Result<HashMap<String, Tensor>> {
    let mut values: HashMap<&str, Tensor> = HashMap::new();
    for constant in &graph.initializer {
        values.insert(&constant.name, read(constant)?);
    }
    for input in &graph.input {
        let given = inputs.iter().find(|(name, _)| *name == input.name);
        let (_, tensor) = given.with_context(|| format!("input {} is missing", input.name))?;
        values.insert(&input.name, (*tensor).clone());
    }
    for node in &graph.node {
        let found = node.input.iter().map(|name| {
            values.get(name.as_str()).cloned().with_context(|| format!("{name} comes too late"))
        });
        let arguments = found.collect::<Result<Vec<_>>>()?;
        let result = apply(node, &arguments).with_context(|| format!("node {}", node.name))?;
        values.insert(&node.output[0], result);
    }
    let output = |output: &proto::ValueInfo| {
        let value = values.get(output.name.as_str());
        Ok((output.name.clone(), value.context("an output is never computed")?.clone()))
    };
    graph.output.iter().map(output).collect()
}

fn read(constant: &proto::Tensor) -> Result<Tensor> {
    let shape: Vec<usize> = constant.dims.iter().map(|side| *side as usize).collect();
    let dtype = match constant.data_type {
        proto::FLOAT => DType::F32,
        proto::INT64 => DType::I64,
        other => bail!("constants of type {other} are not used"),
    };
    Ok(Tensor::from_raw_buffer(&constant.raw_data, dtype, &shape, &Device::Cpu)?)
}

fn apply(node: &Node, arguments: &[Tensor]) -> Result<Tensor> {
    let x = &arguments[0];
    let second = || arguments.get(1).context("it takes two arguments");
    let integers = |index: usize| -> Result<Vec<i64>> { Ok(arguments[index].to_vec1()?) };
    Ok(match node.op_type.as_str() {
        "Identity" => x.clone(),
        "Add" => x.broadcast_add(second()?)?,
        "Sub" => x.broadcast_sub(second()?)?,
        "Mul" => x.broadcast_mul(second()?)?,
        "Div" => x.broadcast_div(second()?)?,
        "Max" => x.broadcast_maximum(second()?)?,
        "Min" => x.broadcast_minimum(second()?)?,
        "Pow" => x.broadcast_pow(second()?)?,
        "MatMul" => x.broadcast_matmul(second()?)?,
        "Clip" => x.broadcast_maximum(second()?)?.broadcast_minimum(&arguments[2])?,
        "Neg" => x.neg()?,
        "Abs" => x.abs()?,
        "Sign" => x.sign()?,
        "Exp" => x.exp()?,
        "Sqrt" => x.sqrt()?,
        "Relu" => x.relu()?,
        "LeakyRelu" => {
            let slope = attribute(node, "alpha")?.f.context("alpha is a number")?;
            (x.relu()? - (x.neg()?.relu()? * f64::from(slope))?)?
        }
        "Softmax" => {
            ensure!(integer(node, "axis")? == 1 && x.rank() == 2, "rows of scores");
            let shares = x.broadcast_sub(&x.max_keepdim(D::Minus1)?)?.exp()?;
            shares.broadcast_div(&shares.sum_keepdim(D::Minus1)?)?
        }
        "ReduceMean" => reduced(node, x, |x, axis| x.mean_keepdim(axis))?,
        "ReduceMin" => reduced(node, x, |x, axis| x.min_keepdim(axis))?,
        "ReduceSumSquare" => reduced(node, x, |x, axis| x.sqr()?.sum_keepdim(axis))?,
        "ReduceL2" => reduced(node, x, |x, axis| x.sqr()?.sum_keepdim(axis)?.sqrt())?,
        "Transpose" => x.t()?.contiguous()?,
        "Flatten" => x.flatten_from(1)?,
        "Unsqueeze" => x.unsqueeze(integers(1)?[0] as usize)?,
        "Reshape" => reshaped(x, &integers(1)?)?,
        "Concat" => Tensor::cat(arguments, integer(node, "axis")? as usize)?,
        "Gather" => x.index_select(second()?, integer(node, "axis")? as usize)?,
        "Conv" => convolved(node, x, &arguments[1], &arguments[2])?,
        "MaxPool" => windows(node, x)?.max_pool2d(2)?,
        "AveragePool" => windows(node, x)?.avg_pool2d(2)?,
        "GlobalAveragePool" => x.mean_keepdim(3)?.mean_keepdim(2)?,
        other => bail!("operation {other} is not known here"),
    })
}

/// As many whole windows of 2 x 2 as there are.
fn windows(node: &Node, x: &Tensor) -> Result<Tensor> {
    let [kernel, strides] = ["kernel_shape", "strides"].map(|name| attribute(node, name));
    ensure!(kernel?.ints == [2, 2] && strides?.ints == [2, 2], "windows of 2x2");
    let (_, _, height, width) = x.dims4()?;
    Ok(x.narrow(2, 0, height / 2 * 2)?.narrow(3, 0, width / 2 * 2)?.contiguous()?)
}

fn convolved(node: &Node, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let ints = |name| Ok::<_, anyhow::Error>(&attribute(node, name)?.ints);
    let (pads, strides) = (ints("pads")?, ints("strides")?);
    let (_, _, kernel, _) = weight.dims4()?;
    ensure!(ints("kernel_shape")?[..] == [kernel as i64; 2], "the filters are of another side");
    let [top, left, bottom, right] = pads[..] else { bail!("four paddings are due") };
    let padded = x.pad_with_zeros(2, top as usize, bottom as usize)?;
    let padded = padded.pad_with_zeros(3, left as usize, right as usize)?;
    let groups = integer(node, "group")? as usize;
    let convolved = padded.conv2d(weight, 0, strides[0] as usize, 1, groups)?;
    Ok(convolved.broadcast_add(&bias.reshape((1, (), 1, 1))?)?)
}

fn reduced(
    node: &Node,
    x: &Tensor,
    by: impl Fn(&Tensor, usize) -> candle_core::Result<Tensor>,
) -> Result<Tensor> {
    let [axis] = attribute(node, "axes")?.ints[..] else { bail!("one axis is due") };
    let axis = axis.rem_euclid(x.rank() as i64) as usize;
    let reduced = by(x, axis)?;
    Ok(if integer(node, "keepdims")? == 0 { reduced.squeeze(axis)? } else { reduced })
}

/// One of the sides may be -1: what is left.
fn reshaped(x: &Tensor, shape: &[i64]) -> Result<Tensor> {
    let known: i64 = shape.iter().filter(|side| **side > 0).product();
    let side = |side: &i64| if *side > 0 { *side } else { x.elem_count() as i64 / known };
    Ok(x.reshape(shape.iter().map(|s| side(s) as usize).collect::<Vec<_>>())?)
}

fn integer(node: &Node, name: &str) -> Result<i64> {
    attribute(node, name)?.i.with_context(|| format!("{name} is an integer"))
}

fn attribute<'a>(node: &'a Node, name: &str) -> Result<&'a Attribute> {
    let found = node.attribute.iter().find(|attribute| attribute.name == name);
    found.with_context(|| format!("attribute {name} is missing"))
}
