use super::{
    claim::{CLAIM_MICROS, ClaimDelivery},
    create::CreateWebhook,
    delete::DeleteWebhook,
    resend::ResendDelivery,
    rotate::{ROTATION_MICROS, RotateWebhook},
    settle::{ATTEMPTS_MAX, SettleDelivery},
    test::TestWebhook,
    update::UpdateWebhook,
    *,
};
use crate::{
    Command, Id, Ref, Role, Timestamp,
    alerts::raise::RaiseAlert,
    practice::Practice,
    reply::Shown,
    rows::{AlertKind, Delivery, DeliveryStage, Webhook},
};

const URL: &str = "https://example.com/hook";

fn create(practice: &mut Practice, kinds: Vec<AlertKind>) -> Webhook {
    let (url, secret) = (URL.to_owned(), "whsec_b25l".to_owned());
    match practice.ask(CreateWebhook { url, kinds, secret }).unwrap() {
        Shown::Webhook(webhook) => (*webhook).clone(),
        other => panic!("{other:?}"),
    }
}

fn as_system(practice: &mut Practice, command: impl Into<Command>) -> Result<Shown, Rejection> {
    (practice.role, practice.user) = (Role::System, 0);
    let shown = practice.ask(command);
    (practice.role, practice.user) = (Role::Owner, 3);
    shown
}

fn raise(practice: &mut Practice, kind: AlertKind) {
    as_system(practice, RaiseAlert { kind, about: [7; 12] }).unwrap();
}

fn deliveries(practice: &Practice) -> Vec<Delivery> {
    practice.book.deliveries.rows().map(|row| (**row).clone()).collect()
}

fn stood(shown: Result<Shown, Rejection>) -> (DeliveryStage, i64) {
    match shown.unwrap() {
        Shown::Delivery(delivery) => (delivery.stage, delivery.attempts),
        other => panic!("{other:?}"),
    }
}

fn failed(delivery: Id<Delivery>, attempt: i64) -> SettleDelivery {
    let error = Some("503".to_owned());
    SettleDelivery { delivery, attempt, status: Some(503), error, pause_micros: 1_000 }
}

fn arrived(delivery: Id<Delivery>, attempt: i64) -> SettleDelivery {
    SettleDelivery { error: None, status: Some(204), ..failed(delivery, attempt) }
}

#[test]
fn an_alert_goes_once_to_every_webhook_that_wants_it() {
    let mut practice = Practice::new();
    let all = create(&mut practice, Vec::new());
    let one = create(&mut practice, vec![AlertKind::Discrepancy]);
    let off = create(&mut practice, Vec::new());
    let gone = create(&mut practice, Vec::new());
    let (webhook, version, url, kinds) = (Ref::Id(off.id), None, None, None);
    practice.ask(UpdateWebhook { webhook, version, url, kinds, active: Some(false) }).unwrap();
    practice.ask(DeleteWebhook { webhook: Ref::Id(gone.id) }).unwrap();
    raise(&mut practice, AlertKind::NumbersFail);
    raise(&mut practice, AlertKind::Discrepancy);
    let mut sent: Vec<_> = deliveries(&practice).iter().map(|row| row.webhook).collect();
    sent.sort_unstable();
    assert_eq!(sent, [all.id, all.id, one.id]);
}

#[test]
fn only_owner_and_admin_say_where_alerts_go() {
    let mut practice = Practice::new();
    for role in [Role::Partner, Role::Accountant, Role::Lawyer, Role::Client, Role::System] {
        (practice.role, practice.user) = (role, 9);
        let (url, secret) = (URL.to_owned(), String::new());
        let refused = practice.ask(CreateWebhook { url, kinds: Vec::new(), secret });
        assert_eq!(refused, Err(Rejection::Forbidden), "{role:?}");
    }
}

#[test]
fn a_firm_has_so_many_webhooks() {
    let mut practice = Practice::new();
    for _ in 0..WEBHOOKS_MAX {
        create(&mut practice, Vec::new());
    }
    let (url, secret) = (URL.to_owned(), String::new());
    let refused = practice.ask(CreateWebhook { url, kinds: Vec::new(), secret });
    assert_eq!(refused, Err(Rejection::TooManyWebhooks));
}

#[test]
fn addresses_are_those_of_web_servers() {
    for url in ["http://a", "https://a.example:8443/x?y=z", "https://[2001:db8::1]/"] {
        assert_eq!(check_url(url), Ok(()), "{url}");
    }
    for url in
        ["", "a.example", "ftp://a", "https://", "https:///x", "https://a b", "https://u:p@a/"]
    {
        assert_eq!(check_url(url), Err(Rejection::WebhookUrlInvalid), "{url}");
    }
}

#[test]
fn both_secrets_sign_while_one_is_being_rotated() {
    let mut practice = Practice::new();
    let webhook = Ref::Id(create(&mut practice, Vec::new()).id);
    let secret = "whsec_dHdv".to_owned();
    let Shown::Webhook(rotated) = practice.ask(RotateWebhook { webhook, secret }).unwrap() else {
        panic!("no webhook")
    };
    let at = |micros: i64| Timestamp::from_micros(practice.now + micros);
    let signing = |micros| rotated.secrets(at(micros)).collect::<Vec<_>>();
    assert_eq!(signing(0), ["whsec_dHdv", "whsec_b25l"]);
    assert_eq!(signing(ROTATION_MICROS), ["whsec_dHdv", "whsec_b25l"]);
    assert_eq!(signing(ROTATION_MICROS + 1), ["whsec_dHdv"]);
}

#[test]
fn an_attempt_is_one_processs_until_its_claim_runs_out() {
    let mut practice = Practice::new();
    create(&mut practice, Vec::new());
    raise(&mut practice, AlertKind::Discrepancy);
    let delivery = deliveries(&practice)[0].id;
    let claim = ClaimDelivery { delivery };
    assert_eq!(practice.ask(claim), Err(Rejection::Forbidden));
    assert_eq!(stood(as_system(&mut practice, claim)), (DeliveryStage::Pending, 1));
    assert_eq!(as_system(&mut practice, claim), Err(Rejection::DeliveryNotDue));
    practice.now += CLAIM_MICROS;
    assert_eq!(stood(as_system(&mut practice, claim)), (DeliveryStage::Pending, 2));
    // The first one comes back late: its failure counts no more, its success does.
    assert_eq!(as_system(&mut practice, failed(delivery, 1)), Err(Rejection::DeliveryNotDue));
    let settled = stood(as_system(&mut practice, arrived(delivery, 1)));
    assert_eq!(settled, (DeliveryStage::Delivered, 2));
    assert_eq!(as_system(&mut practice, arrived(delivery, 2)), Err(Rejection::DeliveryNotDue));
    assert_eq!(as_system(&mut practice, claim), Err(Rejection::DeliveryNotDue));
}

#[test]
fn what_keeps_failing_is_given_up_and_can_be_sent_again() {
    let mut practice = Practice::new();
    let webhook = Ref::Id(create(&mut practice, Vec::new()).id);
    let Shown::Delivery(test) = practice.ask(TestWebhook { webhook: webhook.clone() }).unwrap()
    else {
        panic!("no delivery")
    };
    let delivery = test.id;
    let resend = || ResendDelivery { delivery: Ref::Id(delivery) };
    assert_eq!(practice.ask(resend()), Err(Rejection::DeliveryPending));
    for attempt in 1..=ATTEMPTS_MAX {
        as_system(&mut practice, ClaimDelivery { delivery }).unwrap();
        let stage =
            if attempt < ATTEMPTS_MAX { DeliveryStage::Pending } else { DeliveryStage::Dead };
        let settled = stood(as_system(&mut practice, failed(delivery, attempt)));
        assert_eq!(settled, (stage, attempt));
        practice.now += 1_000;
    }
    assert_eq!(stood(practice.ask(resend())), (DeliveryStage::Pending, 0));
    assert_eq!(
        stood(as_system(&mut practice, ClaimDelivery { delivery })),
        (DeliveryStage::Pending, 1)
    );
    as_system(&mut practice, arrived(delivery, 1)).unwrap();
    practice.ask(DeleteWebhook { webhook }).unwrap();
    assert_eq!(practice.ask(resend()), Err(Rejection::WebhookNotFound));
}
