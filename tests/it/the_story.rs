//! The whole of it as it is deployed: the real programs behind the HTTP API, with the triggers that
//! the template declares, played from the outside.

use local::{
    running::{Options, World},
    say::Printer,
    story,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_story_holds_with_the_real_programs() {
    let options = Options { port: Some(0), ..Options::default() };
    let world = World::start(&options, &mut Printer::silent()).await.unwrap();

    if let Err(broken) = story::play(&world, &mut Printer::silent()).await {
        panic!("{broken}\nlogs: {}", world.end_keeping_logs().display());
    }
}
