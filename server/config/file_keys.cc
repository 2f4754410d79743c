#include "server/config/file_keys.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/config/toml_string.h"

namespace sluice::config {
namespace {

std::string Bool(bool value) { return value ? "true" : "false"; }

std::string KerberosUsers(const Configuration& c) {
  const auto line = [](std::string* out, const auto& user) {
    absl::StrAppend(out, " ", TomlString(user.first), " = ", TomlString(user.second), " ");
  };
  return absl::StrCat("{", absl::StrJoin(c.gateway.kerberos_users, ",", line), "}");
}

constexpr FileKey kKeys[] = {
    {"server", "listen", "list of \"address:port\" or \"[v6]:port\"", "[\"127.0.0.1:1445\"]",
     "Where clients connect; the address * stands for all. Sockets that a service manager passes "
     "take the place of these.",
     [](const Configuration& c) { return TomlList(c.gateway.listen); }},
    {"server", "loops", "integer", "0", "Event loops, each a thread; 0: one for each core.",
     [](const Configuration& c) { return absl::StrCat(c.gateway.loops); }},
    {"server", "state_dir", "path", "\"/var/lib/sluice\"",
     "Users and what was set at run time are kept here; made where it is missing. No two gateways "
     "may share one.",
     [](const Configuration& c) { return TomlString(c.gateway.state_dir); }},
    {"server", "control_socket", "path", "\"/run/sluice/control.sock\"",
     "Where sluicectl connects.",
     [](const Configuration& c) { return TomlString(c.control_socket); }},
    {"server", "control_group", "string", "",
     "The group whose members may use the control socket; without it only its owner and root may. "
     "A member may act as any user of this machine but root: by a gateway user with that user's "
     "account, and a share over that user's files. Use a group of its own for it, such as the "
     "package's sluice-admin, and not one that has members for something else, such as adm.",
     [](const Configuration& c) { return TomlString(c.control_group); }},
    {"server", "control_unrestricted", "boolean", "false",
     "Callers of the control socket that are not root may also give users the account of uid 0, "
     "change the passwords of such users, and serve /, /proc, /sys, /dev and directories with the "
     "gateway's state: a member of control_group is then as good as root.",
     [](const Configuration& c) { return Bool(c.control_unrestricted); }},
    {"server", "processor", "\"auto\", \"avx512\", \"avx2\", \"sse\" or \"no-aesni\"", "\"auto\"",
     "The crypto library's code path; one that the processor cannot run is an error.",
     [](const Configuration& c) { return TomlString(ProcessorWord(c.gateway.processor)); }},
    {"server", "name", "string", "\"SLUICE\"",
     "The name that clients see: 1 to 15 letters, digits and hyphens.",
     [](const Configuration& c) { return TomlString(c.gateway.server_name); }},
    {"auth", "guest", "boolean", "false", "Users that are not known log on as guests.",
     [](const Configuration& c) { return Bool(c.gateway.allow_guest); }},
    {"auth", "anonymous", "boolean", "false",
     "Clients without a user name may connect, and list shares.",
     [](const Configuration& c) { return Bool(c.gateway.allow_anonymous); }},
    {"auth", "winbind", "boolean", "false",
     "Users of the domain that the machine has joined may log on: winbindd is asked about them.",
     [](const Configuration& c) { return Bool(c.gateway.winbind); }},
    {"auth", "kerberos_keytab", "path", "",
     "A keytab with the key of cifs/HOST@REALM: clients with a ticket may log on. Without it there "
     "is no Kerberos.",
     [](const Configuration& c) { return TomlString(c.gateway.kerberos_keytab); }},
    {"auth", "kerberos_realms", "list of strings such as [\"EXAMPLE.COM\"]", "[]",
     "Realms whose alice@REALM is alice; where it is empty, the default_realm of krb5.conf.",
     [](const Configuration& c) { return TomlList(c.gateway.kerberos_realms); }},
    {"auth", "kerberos_users", "section [auth.kerberos_users] of \"user@REALM\" = \"user\"", "",
     "Users whose name is another one than in their realm, and those of other realms.",
     &KerberosUsers},
    {"log", "file", "path", "",
     "Where log lines go, to standard error without it. Opened again on SIGUSR1.",
     [](const Configuration& c) { return TomlString(c.log_file); }},
    {"audit", "file", "path", "",
     "Where the audit log goes, JSON, an object a line; none is kept without it. Opened again on "
     "SIGUSR1.",
     [](const Configuration& c) { return TomlString(c.gateway.audit_file); }},
    {"metrics", "listen", "\"address:port\"", "",
     "Where Prometheus finds /metrics; nowhere without it. Whoever can connect can read it.",
     [](const Configuration& c) { return TomlString(c.metrics_listen); }},
    {"share", "name", "string", "", "The share's name: 1 to 80 characters."},
    {"share", "path", "path", "",
     "The directory that is served, absolute. Symlinks in it are followed when the file is read. "
     "A user who may not search it and every directory above it cannot use the share."},
    {"share", "storage", "\"posix\" or \"memory\"", "\"posix\"",
     "memory: files are gone when the gateway ends, and path is not used."},
    {"share", "comment", "string", "", "What clients show beside the name."},
};

}  // namespace

std::string FileKey::name() const { return absl::StrCat(section, ".", key); }

absl::Span<const FileKey> FileKeys() { return kKeys; }

absl::string_view ProcessorWord(crypto::Processor processor) {
  static constexpr absl::string_view kWords[] = {"auto", "avx512", "avx2", "sse", "no-aesni"};
  return kWords[static_cast<size_t>(processor)];
}

}  // namespace sluice::config
