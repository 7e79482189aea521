//! The demo as a newcomer runs it: every story goes as told, and it ends by itself.

use crate::support::{PATIENCE, binaries, folder, root, trial};
use libtest_mimic::Trial;
use tokio::process::Command;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("demo::every_story_goes_as_told_and_the_demo_ends_by_itself", demo)]
}

async fn demo() {
    let mut command = Command::new(binaries().join("simulator"));
    command
        .args(["demo", "--once", "--free-ports", "--dir"])
        .arg(folder("demo"))
        .current_dir(root())
        .kill_on_drop(true);
    let output =
        tokio::time::timeout(2 * PATIENCE, command.output()).await.expect("it ends by itself").expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    for story in ["A200", "A201", "A202", "A203", "A204", "A205", "A206", "A207", "A208", "A209"] {
        assert!(said.contains(story), "{story} is not told:\n{said}");
    }
}
