//! The time, here and elsewhere.

use jiff::Zoned;
use jiff::tz::{TimeZone, db};

/// Places that give no time zone their name, with the zone that they are in.
const PLACES: [(&str, &str); 60] = [
    ("amsterdam", "Europe/Amsterdam"),
    ("argentina", "America/Buenos_Aires"),
    ("austria", "Europe/Vienna"),
    ("bangalore", "Asia/Kolkata"),
    ("barcelona", "Europe/Madrid"),
    ("beijing", "Asia/Shanghai"),
    ("belgium", "Europe/Brussels"),
    ("boston", "America/New_York"),
    ("britain", "Europe/London"),
    ("california", "America/Los_Angeles"),
    ("cape town", "Africa/Johannesburg"),
    ("china", "Asia/Shanghai"),
    ("cologne", "Europe/Berlin"),
    ("dallas", "America/Chicago"),
    ("delhi", "Asia/Kolkata"),
    ("denmark", "Europe/Copenhagen"),
    ("edinburgh", "Europe/London"),
    ("england", "Europe/London"),
    ("finland", "Europe/Helsinki"),
    ("florence", "Europe/Rome"),
    ("florida", "America/New_York"),
    ("france", "Europe/Paris"),
    ("frankfurt", "Europe/Berlin"),
    ("geneva", "Europe/Zurich"),
    ("germany", "Europe/Berlin"),
    ("ghana", "Africa/Accra"),
    ("glasgow", "Europe/London"),
    ("greece", "Europe/Athens"),
    ("hamburg", "Europe/Berlin"),
    ("hawaii", "Pacific/Honolulu"),
    ("houston", "America/Chicago"),
    ("hungary", "Europe/Budapest"),
    ("india", "Asia/Kolkata"),
    ("ireland", "Europe/Dublin"),
    ("italy", "Europe/Rome"),
    ("kenya", "Africa/Nairobi"),
    ("kyoto", "Asia/Tokyo"),
    ("las vegas", "America/Los_Angeles"),
    ("manchester", "Europe/London"),
    ("miami", "America/New_York"),
    ("milan", "Europe/Rome"),
    ("montreal", "America/Toronto"),
    ("mumbai", "Asia/Kolkata"),
    ("munich", "Europe/Berlin"),
    ("netherlands", "Europe/Amsterdam"),
    ("nigeria", "Africa/Lagos"),
    ("norway", "Europe/Oslo"),
    ("osaka", "Asia/Tokyo"),
    ("philadelphia", "America/New_York"),
    ("poland", "Europe/Warsaw"),
    ("rio de janeiro", "America/Sao_Paulo"),
    ("san francisco", "America/Los_Angeles"),
    ("scotland", "Europe/London"),
    ("seattle", "America/Los_Angeles"),
    ("south korea", "Asia/Seoul"),
    ("spain", "Europe/Madrid"),
    ("sweden", "Europe/Stockholm"),
    ("switzerland", "Europe/Zurich"),
    ("texas", "America/Chicago"),
    ("washington", "America/New_York"),
];

/// The time or the date, at `place` when one was said.
pub(crate) fn now_at(place: Option<&str>, what: Option<&str>, now: &Zoned) -> String {
    let Some(place) = place else {
        return match what {
            Some("date") => date(now),
            Some("both") => format!("{}, {}", time(now), date(now)),
            _ => time(now),
        };
    };
    let Some(zone) = zone_of(place) else {
        return format!(
            "I do not know where `{place}` is; a city that gives a time zone its name would do"
        );
    };
    let there = now.with_time_zone(zone);
    let place = title(place);
    match what {
        Some("time") => format!("{} in {place}", time(&there)),
        Some("date") => format!("{} in {place}", date(&there)),
        _ => format!("{} in {place}, {}", time(&there), date(&there)),
    }
}

fn time(at: &Zoned) -> String {
    at.strftime("%H:%M").to_string()
}

fn date(at: &Zoned) -> String {
    at.strftime("%A, %-d %B %Y").to_string()
}

/// The zone that is called after a place, or that it is known to be in.
fn zone_of(place: &str) -> Option<TimeZone> {
    let wanted = place.trim().to_lowercase();
    let known = PLACES.iter().find(|(name, _)| *name == wanted);
    if let Some((_, zone)) = known {
        return TimeZone::get(zone).ok();
    }
    let wanted = wanted.replace([' ', '-'], "_");
    let is_named = |name: &str| {
        let name = name.to_lowercase().replace('-', "_");
        name == wanted || name.rsplit('/').next() == Some(wanted.as_str())
    };
    let name = db().available().find(|name| is_named(name.as_str()))?;
    TimeZone::get(name.as_str()).ok()
}

/// Words with capital letters, as places are written.
fn title(place: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    };
    place.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
