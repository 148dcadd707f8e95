//! Reads a list to its end in every way there is.

use std::fmt::Debug;

use crate::{Listed, Page};

/// Every row of a list, read by cursor and by page, in parts of every small size: each time the same
/// rows, each once, and each time as many as were promised.
pub(super) async fn walked<T: Debug + PartialEq>(ask: impl AsyncFn(Page) -> Listed<T>) -> Vec<T> {
    let whole = ask(Page::Number { page: 1, limit: 1_000 }).await;
    assert_eq!(u64::try_from(whole.rows.len()), Ok(whole.total));
    assert_eq!(whole.next, None);
    for limit in [1, 2, 3, 7] {
        let mut walked = Vec::new();
        let mut cursor = Some(String::new());
        while let Some(from) = cursor {
            let part = ask(Page::After { cursor: from, limit }).await;
            assert!(part.rows.len() <= usize::try_from(limit).unwrap());
            assert_eq!(part.total, whole.total);
            walked.extend(part.rows);
            cursor = part.next;
        }
        assert_eq!(walked, whole.rows, "by cursor, {limit} at a time");
        let mut paged = Vec::new();
        for page in 1..=u32::try_from(whole.total).unwrap() + 1 {
            paged.extend(ask(Page::Number { page, limit }).await.rows);
        }
        assert_eq!(paged, whole.rows, "by page, {limit} at a time");
    }
    whole.rows
}
