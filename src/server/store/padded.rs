//! Lists in statements.

/// The values for an `IN`, the last one again until they are a power of two: statements for many come in few lengths then,
/// and the database has each prepared.
#[must_use]
pub fn padded<T: Clone>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::padded;

    #[test]
    fn it_names_each_and_nothing_else() {
        for (values, named) in [(vec![], vec![]), (vec![7], vec![7]), (vec![1, 2, 3], vec![1, 2, 3, 3])] {
            assert_eq!(padded(values), named);
        }
    }
}
