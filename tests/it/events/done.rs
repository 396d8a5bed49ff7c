//! What each job has to have done.

use domain::{
    delivery::Delivery,
    event::{Outcome, Stage, WebhookEvent},
    ids::{EventId, IntegrationId, MessageId},
    install::Standing,
    jobs::{FollowUp, ReadText, SendText},
};

use super::{Demo, crm_message};

impl Demo<'_> {
    pub(super) async fn is_done(&self, function: &str, job: &str) {
        match function {
            "inbound-consumer" => {
                let job: ReadText = serde_json::from_str(job).unwrap();
                let event = self.event(&job.event).await;
                // What asks something is brought to GoHighLevel by another job.
                if !(job.asks && event.is_answered) {
                    assert_eq!(outcome(&event), Some(Outcome::Applied));
                }
            }
            "outbound-consumer" => {
                let job: SendText = serde_json::from_str(job).unwrap();
                let delivery = self.delivery(&job.message).await;
                assert!(matches!(delivery, Delivery::Accepted { .. }), "{delivery:?}");
            }
            "crm-consumer" => self.is_connected().await,
            _ => self.is_followed_up(&serde_json::from_str(job).unwrap()).await,
        }
    }

    async fn is_followed_up(&self, job: &FollowUp) {
        let scope = self.world.store.of(&self.planted.tenant);
        match job {
            FollowUp::Record { event, .. } => {
                let event = self.event(event).await;
                assert_eq!(outcome(&event), Some(Outcome::Applied));
                let message = MessageId::from_crm(&self.planted.tenant, &crm_message());
                let delivery = self.delivery(&message).await;
                assert!(matches!(delivery, Delivery::Delivered { .. }), "{delivery:?}");
            }
            FollowUp::Tell { crm_message, .. } => {
                // The simulator has no such message, and says so once.
                let telling = scope.telling(crm_message).await.unwrap().unwrap().body;
                assert_eq!(telling.due, None, "{telling:?}");
            }
            FollowUp::CopyContact { integration, phone, .. } => {
                let copy = scope.contact_copy(integration, phone).await.unwrap().unwrap().body;
                assert!(copy.copied_at.is_some() && copy.due.is_none(), "{copy:?}");
            }
            FollowUp::TellStanding { phone, .. } => {
                let standing = scope.opt_out(phone).await.unwrap().unwrap().body;
                assert!(standing.active && standing.crm_told == Some(true), "{standing:?}");
            }
            FollowUp::Resume { .. } => {
                let resumption = scope.resumption().await.unwrap().unwrap().body;
                assert_eq!(resumption.due, None);
            }
        }
    }

    /// The location is the demo tenant's, with a token that is good.
    async fn is_connected(&self) {
        let install = self.world.store.install(&self.planted.location).await.unwrap().unwrap();
        assert_eq!(install.body.install.standing(), Standing::Connected);
        let holder = IntegrationId::parse("demo-ghl").unwrap();
        let scope = self.world.store.of(&self.planted.tenant);
        let tokens = scope.tokens(&holder).await.unwrap().unwrap().body;
        assert_eq!(tokens.state.stage, domain::token::Stage::Good);
    }

    async fn event(&self, event: &EventId) -> WebhookEvent {
        let scope = self.world.store.of(&self.planted.tenant);
        scope.event(event).await.unwrap().unwrap().body
    }

    async fn delivery(&self, message: &MessageId) -> Delivery {
        let scope = self.world.store.of(&self.planted.tenant);
        scope.message(message).await.unwrap().unwrap().body.delivery
    }
}

fn outcome(event: &WebhookEvent) -> Option<Outcome> {
    match event.stage {
        Stage::Done { outcome, .. } => Some(outcome),
        _ => None,
    }
}
