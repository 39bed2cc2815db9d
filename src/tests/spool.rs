//! The spool's two files stay short, and keep what is not saved.

use uuid::Uuid;

use crate::{
    domain::WorkspaceId,
    server::keeper::{Line, Spool},
};

#[tokio::test]
async fn what_is_saved_makes_no_file_long_and_what_is_not_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let (spool, _) = Spool::open(folder.path()).expect("it can be written");
    let answer = || Line::new(Uuid::now_v7(), WorkspaceId(Uuid::now_v7()), &[7; 7_500]);
    let waits = answer();
    spool.keep(&waits).await.expect("there is room");
    for _ in 0..300 {
        let saved = answer();
        spool.keep(&saved).await.expect("there is room");
        spool.is_done(saved.attempt);
    }
    let files = std::fs::read_dir(folder.path()).expect("it can be read");
    let written: u64 = files.map(|file| file.and_then(|file| file.metadata()).expect("it is there").len()).sum();
    assert!(written < 600_000, "{written} bytes of the three million that were written");
    drop(spool);
    let (_, left) = Spool::open(folder.path()).expect("it can be written");
    assert!(left.lines.iter().any(|line| line.attempt == waits.attempt), "the next process finds it");
}
