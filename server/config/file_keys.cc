#include "server/config/file_keys.h"

namespace sluice::config {
namespace {

constexpr FileKey kKeys[] = {
    {"server", "listen", "list of \"address:port\" or \"[v6]:port\"", "[\"127.0.0.1:1445\"]",
     "Where clients connect; the address * stands for all. Sockets that a service manager passes "
     "take the place of these."},
    {"server", "loops", "integer", "0", "Event loops, each a thread; 0: one for each core."},
    {"server", "state_dir", "path", "/var/lib/sluice",
     "Users and what was set at run time are kept here; made where it is missing."},
    {"server", "control_socket", "path", "/run/sluice/control.sock", "Where sluicectl connects."},
    {"server", "control_group", "string", "",
     "The group whose members may use the control socket; without it only its owner may."},
    {"server", "processor", "\"auto\", \"avx512\", \"avx2\", \"sse\" or \"no-aesni\"", "auto",
     "The crypto library's code path; one that the processor cannot run is an error."},
    {"server", "name", "string", "SLUICE", "The name that clients see: 1 to 15 characters."},
    {"auth", "guest", "boolean", "false", "Users that are not known log on as guests."},
    {"auth", "anonymous", "boolean", "false",
     "Clients without a user name may connect, and list shares."},
    {"log", "file", "path", "",
     "Where log lines go, to standard error without it. Opened again on SIGHUP."},
    {"audit", "file", "path", "",
     "Where the audit log goes, JSON, an object a line; none is kept without it. Opened again on "
     "SIGHUP."},
    {"metrics", "listen", "\"address:port\"", "",
     "Where Prometheus finds /metrics; nowhere without it. Whoever can connect can read it."},
    {"share", "name", "string", "", "The share's name: 1 to 80 characters."},
    {"share", "path", "path", "", "The directory that is served, absolute."},
    {"share", "storage", "\"posix\" or \"memory\"", "posix",
     "memory: files are gone when the gateway ends, and path is not used."},
    {"share", "comment", "string", "", "What clients show beside the name."},
};

}  // namespace

absl::Span<const FileKey> FileKeys() { return kKeys; }

}  // namespace sluice::config
