//! The whole of it as it is deployed: the real programs behind the HTTP API, with the triggers that
//! the template declares, played from the outside. Then the README's tour, which begins where the story
//! ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod tour;

use local::{
    running::{Options, World},
    say::Printer,
    story,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_story_holds_with_the_real_programs_and_so_does_the_tour() {
    let options = Options { port: Some(0), ..Options::default() };
    let world = World::start(&options, &mut Printer::silent()).await.unwrap();

    if let Err(broken) = story::play(&world, &mut Printer::silent()).await {
        panic!("{broken}\nlogs: {}", world.end_keeping_logs().display());
    }
    if let Err(broken) = tour::follow(&world) {
        panic!("{broken}\nlogs: {}", world.end_keeping_logs().display());
    }
}
