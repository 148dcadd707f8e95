//! The adapters that come with the prober.

use probe::{
    adapter::Adapter,
    history::{Outcome, Verb},
    scenario,
};

const ALL: [&str; 3] = [
    include_str!("../../adapters/amanah.toml"),
    include_str!("../../adapters/express.toml"),
    include_str!("../../adapters/twin.toml"),
];

#[test]
fn they_can_be_read_and_map_what_their_scenarios_need() {
    let [amanah, express, twin] = ALL.map(|text| Adapter::from_toml(text).unwrap());
    let missing = |adapter: &Adapter| -> Vec<&str> {
        let lacks = |verb: &Verb| !adapter.has(*verb);
        scenario::ALL
            .iter()
            .filter(|known| known.needs.iter().any(lacks))
            .map(|known| known.id)
            .collect()
    };
    assert!(missing(&twin).is_empty());
    // Amanah has no two retainers with a joint minimum.
    assert_eq!(missing(&amanah), ["S23"]);
    assert!(missing(&express).len() < 12);
    assert_eq!(amanah.meaning(503), Outcome::Declined, "it promises that nothing was done");
    assert_eq!(express.meaning(503), Outcome::Unknown, "it promises nothing");
    assert_eq!(express.meaning(500), Outcome::Unknown);
}

#[test]
fn a_mistake_is_named() {
    let broken = ALL[2].replace("{{amount}}", "{{amuont}}");
    let error = Adapter::from_toml(&broken).unwrap_err().to_string();
    assert!(error.contains("amuont") && error.contains("ops."), "{error}");
    let unknown = ALL[2].replace("[ops.consume]", "[ops.consum]");
    assert!(Adapter::from_toml(&unknown).unwrap_err().to_string().contains("consum"));
}
