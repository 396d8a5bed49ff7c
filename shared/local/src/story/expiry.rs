//! The token ends while everybody writes at once.

use anyhow::ensure;

use super::{
    cast::{Cast, bodies_in, exactly, says},
    tell::{Failed, Teller},
};

const PEOPLE: [&str; 6] = [
    "+12125550161",
    "+12125550162",
    "+12125550163",
    "+12125550164",
    "+12125550165",
    "+12125550166",
];
const TEXTS: [&str; 2] = ["Are you open?", "And tomorrow?"];

pub(super) async fn play(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    teller.chapter("GoHighLevel's token ends under load");
    let before = on.ghl.refreshes();
    on.ghl.expire_access(&on.world.location);
    let claim = "six people write two texts each, and our webhook takes them all";
    teller
        .does(claim, async {
            for text in TEXTS {
                for phone in PEOPLE {
                    says(on.texting, on.texting(phone), text).await?;
                }
            }
            Ok(())
        })
        .await?;
    let claim = "all twelve are in GoHighLevel, each once and in order";
    teller
        .shows(claim, async || {
            for phone in PEOPLE {
                exactly(&bodies_in(&on.heard(on.texting(phone))), &TEXTS)?;
            }
            Ok(())
        })
        .await?;
    teller
        .shows("the token was renewed by one call, however many wanted it", async || {
            on.world.is_idle(&["InboundQueue", "CrmQueue"]).await?;
            let calls = on.ghl.refreshes() - before;
            ensure!(calls == 1, "{calls} calls");
            Ok(())
        })
        .await
}
