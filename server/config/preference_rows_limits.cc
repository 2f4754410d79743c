// [limits] and [timeouts].
#include "server/config/preference_access.h"

namespace sluice::config {
namespace {

template <auto kMember>
constexpr PreferenceRow Integer(absl::string_view name, uint64_t min, uint64_t max,
                                absl::string_view unit, Applies applies, absl::string_view help) {
  return {.name = name,
          .type = PreferenceType::kInteger,
          .min = min,
          .max = max,
          .unit = unit,
          .applies = applies,
          .help = help,
          .set = &SetInteger<kMember>,
          .get = &GetInteger<kMember>};
}

constexpr PreferenceRow kRows[] = {
    Integer<&LimitPreferences::connections>("limits.connections", 1, limits::connections_max,
                                            "connections", Applies::kAtOnce,
                                            "clients at the same time; more are turned away"),
    Integer<&LimitPreferences::connections_per_address>(
        "limits.connections_per_address", 1, limits::connections_max, "connections",
        Applies::kAtOnce, "connections from one address (IPv4) or /64 (IPv6) at the same time"),
    Integer<&LimitPreferences::sessions>("limits.sessions", 1, limits::sessions_max, "sessions",
                                         Applies::kNewSessions, "log-ons at the same time"),
    Integer<&LimitPreferences::sessions_per_connection>(
        "limits.sessions_per_connection", 1, limits::sessions_per_connection_max, "sessions",
        Applies::kNewSessions, "log-ons on one connection"),
    Integer<&LimitPreferences::opens_per_session>(
        "limits.opens_per_session", 1, limits::opens_per_session_max, "opens", Applies::kAtOnce,
        "files and pipes that a session has open"),
    Integer<&LimitPreferences::requests_in_flight>(
        "limits.requests_in_flight", 1, limits::requests_in_flight_per_connection_max, "requests",
        Applies::kAtOnce,
        "requests of a connection in progress; then it is not read from until half of them are "
        "answered"),
    Integer<&LimitPreferences::credits>("limits.credits", 1, limits::credits_per_connection_max,
                                        "credits", Applies::kNewConnections,
                                        "what a client may have in flight; each pays for 64 KiB"),
    Integer<&LimitPreferences::read_bytes>("limits.read_bytes", 65536, limits::read_bytes_max,
                                           "bytes", Applies::kNewConnections,
                                           "the longest READ, with SMB 2.1 and newer"),
    Integer<&LimitPreferences::write_bytes>("limits.write_bytes", 65536, limits::write_bytes_max,
                                            "bytes", Applies::kNewConnections,
                                            "the longest WRITE, with SMB 2.1 and newer"),
    Integer<&LimitPreferences::transact_bytes>(
        "limits.transact_bytes", 65536, limits::transact_bytes_max, "bytes",
        Applies::kNewConnections, "the longest listing, query or control, with SMB 2.1 and newer"),
    Integer<&TimeoutPreferences::idle>(
        "timeouts.idle", 1000, limits::timeout_ms_max, "milliseconds", Applies::kNewConnections,
        "a connection without a session ends when it has come no nearer to one for so long"),
    Integer<&TimeoutPreferences::handshake>(
        "timeouts.handshake", 1000, limits::timeout_ms_max, "milliseconds",
        Applies::kNewConnections,
        "a connection without a first request ends after so long, and so does a log-on that is not "
        "finished"),
    Integer<&TimeoutPreferences::oplock_break>(
        "timeouts.break", 1000, limits::timeout_ms_max, "milliseconds", Applies::kAtOnce,
        "a client that does not answer an oplock break in time loses the oplock"),
};

}  // namespace

absl::Span<const PreferenceRow> LimitRows() { return kRows; }

}  // namespace sluice::config
