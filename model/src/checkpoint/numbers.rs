//! Little-endian numbers of a file as f32.

use safetensors::Dtype;

/// None for number types that weights do not come in.
pub(super) fn to_f32(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    Some(match dtype {
        Dtype::F16 => each(bytes, |bytes| half::f16::from_le_bytes(bytes).to_f32()),
        Dtype::BF16 => each(bytes, |bytes| half::bf16::from_le_bytes(bytes).to_f32()),
        Dtype::F32 => each(bytes, f32::from_le_bytes),
        Dtype::F64 => each(bytes, |bytes| f64::from_le_bytes(bytes) as f32),
        _ => return None,
    })
}

fn each<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks::<N>().0.iter().map(|bytes| read(*bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_float_is_read_and_nothing_else() {
        let bytes = |parts: &[&[u8]]| parts.concat();
        let half = bytes(&[&half::f16::from_f32(1.5).to_le_bytes(), &[0, 0x80]]);
        assert_eq!(to_f32(Dtype::F16, &half), Some(vec![1.5, -0.0]));
        let brain = half::bf16::from_f32(-2.0).to_le_bytes();
        assert_eq!(to_f32(Dtype::BF16, &brain), Some(vec![-2.0]));
        assert_eq!(to_f32(Dtype::F32, &0.1f32.to_le_bytes()), Some(vec![0.1]));
        assert_eq!(to_f32(Dtype::F64, &0.1f64.to_le_bytes()), Some(vec![0.1]));
        assert_eq!(to_f32(Dtype::I64, &[0; 8]), None);
    }
}
