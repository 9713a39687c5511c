//! What must hold of every file of tensors that is not refused.

use tensor::files::View;

/// Checks every tensor of a file of `length` bytes, and says in words how many there are.
///
/// # Panics
/// When a tensor is not what its type and shape ask for, or tensors share bytes.
pub fn outcome_of<'a>(length: usize, views: impl Iterator<Item = View<'a>>) -> String {
    let mut end = std::ptr::null();
    let mut bytes = 0;
    let mut tensors = 0_usize;
    for view in views {
        assert_eq!(view.dtype.bytes_of(&view.shape), Some(view.bytes.len()));
        if !view.is_empty() {
            let range = view.bytes.as_ptr_range();
            assert!(end <= range.start, "tensors in order, none sharing bytes");
            end = range.end;
        }
        bytes += view.bytes.len();
        tensors += 1;
        if let Some(first) = view.shape.first()
            && *first > 0
            && view.len() <= 4_096
            && view.shape.len() > 1
        {
            assert_eq!(
                view.at(first - 1).to_f32().len() * first,
                view.to_f32().len()
            );
        }
    }
    assert!(bytes <= length, "no more bytes than the file has");
    format!("read, with {} tensors", "x".repeat(tensors.min(64)))
}
