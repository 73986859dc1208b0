//! A graph under construction: constants and operations, each with a name of its own.

use candle_core::{Device, Tensor};

use super::proto;

/// The result of an operation, an input or a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value(String);

/// A side that is known, or a named one that is not.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    Known(usize),
    Named(&'static str),
}

/// An argument of an operation that is part of the graph.
#[derive(Clone, Copy, Debug)]
pub(super) enum Attribute<'a> {
    Float(f32),
    Int(i64),
    Ints(&'a [i64]),
}

/// Nodes in the order in which they are computed.
#[derive(Debug, Default)]
pub(super) struct Graph(proto::Graph);

impl Graph {
    /// A float32 input.
    pub fn input(&mut self, name: &str, shape: &[Side], doc: &str) -> Value {
        self.0.input.push(value_info(name, shape, doc));
        Value(name.into())
    }

    /// Gives a value out under a name of its own.
    pub fn output(&mut self, value: &Value, name: &str, shape: &[Side], doc: &str) {
        self.push("Identity", &[value], &[], name.into());
        self.0.output.push(value_info(name, shape, doc));
    }

    /// A constant of float32.
    pub fn floats(&mut self, role: &str, shape: &[usize], values: &[f32]) -> Value {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(role, shape, proto::FLOAT, bytes)
    }

    /// One number, which every shape can be combined with.
    pub fn number(&mut self, role: &str, value: f32) -> Value {
        self.floats(role, &[], &[value])
    }

    /// A constant of int64, one row.
    pub fn integers(&mut self, role: &str, values: &[i64]) -> Value {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(role, &[values.len()], proto::INT64, bytes)
    }

    /// A constant with the numbers of a tensor.
    ///
    /// # Errors
    /// If the tensor cannot be read.
    pub fn tensor(&mut self, role: &str, tensor: &Tensor) -> candle_core::Result<Value> {
        let values = tensor.to_device(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
        Ok(self.floats(role, tensor.dims(), &values))
    }

    /// An operation of one result.
    pub fn apply(&mut self, operation: &str, inputs: &[&Value]) -> Value {
        self.apply_with(operation, inputs, &[])
    }

    /// An operation of one result, with attributes.
    pub fn apply_with(
        &mut self,
        operation: &str,
        inputs: &[&Value],
        attributes: &[(&str, Attribute)],
    ) -> Value {
        let name = format!("{}_{}", operation.to_lowercase(), self.0.node.len());
        self.push(operation, inputs, attributes, name)
    }

    /// A value times a number, itself where that is 1.
    pub fn scaled(&mut self, value: Value, factor: f32) -> Value {
        if factor == 1.0 {
            return value;
        }
        let factor = self.number("factor", factor);
        self.apply("Mul", &[&value, &factor])
    }

    /// The graph with its name and what it is for.
    pub fn finish(self, name: &str, doc: String) -> proto::Graph {
        proto::Graph { name: name.into(), doc_string: doc, ..self.0 }
    }

    fn push(
        &mut self,
        operation: &str,
        inputs: &[&Value],
        attributes: &[(&str, Attribute)],
        output: String,
    ) -> Value {
        self.0.node.push(proto::Node {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output: vec![output.clone()],
            name: format!("{operation}_{}", self.0.node.len()),
            op_type: operation.into(),
            attribute: attributes.iter().map(|(name, value)| value.stored(name)).collect(),
        });
        Value(output)
    }

    fn constant(&mut self, role: &str, shape: &[usize], data_type: i32, bytes: Vec<u8>) -> Value {
        let name = format!("{role}_{}", self.0.initializer.len());
        self.0.initializer.push(proto::Tensor {
            dims: shape.iter().map(|side| *side as i64).collect(),
            data_type,
            name: name.clone(),
            raw_data: bytes,
        });
        Value(name)
    }
}

impl Attribute<'_> {
    fn stored(self, name: &str) -> proto::Attribute {
        let [float, int, ints] = proto::ATTRIBUTE;
        let named = proto::Attribute { name: name.into(), ..proto::Attribute::default() };
        match self {
            Self::Float(value) => proto::Attribute { f: Some(value), r#type: float, ..named },
            Self::Int(value) => proto::Attribute { i: Some(value), r#type: int, ..named },
            Self::Ints(values) => proto::Attribute { ints: values.to_vec(), r#type: ints, ..named },
        }
    }
}

fn value_info(name: &str, shape: &[Side], doc: &str) -> proto::ValueInfo {
    let dimension = |side: &Side| match *side {
        Side::Known(side) => proto::Dimension { dim_value: Some(side as i64), dim_param: None },
        Side::Named(name) => proto::Dimension { dim_value: None, dim_param: Some(name.into()) },
    };
    let shape = proto::Shape { dim: shape.iter().map(dimension).collect() };
    let tensor = proto::TensorType { elem_type: proto::FLOAT, shape: Some(shape) };
    proto::ValueInfo {
        name: name.into(),
        r#type: Some(proto::Type { tensor_type: Some(tensor) }),
        doc_string: doc.into(),
    }
}
