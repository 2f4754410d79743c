// What Samba has and Sluice has not. A name that ends with '*' stands for all that begin so.
#include "tools/sluicectl/samba/import.h"

namespace sluice::samba {
namespace {

constexpr absl::string_view kPrinting = "Sluice serves no printers";
constexpr absl::string_view kDomain = "Sluice is no domain controller";
constexpr absl::string_view kBrowsing =
    "Sluice does not take part in NetBIOS browsing and name resolution; clients find it by DNS";
constexpr absl::string_view kTuning =
    "not needed: Sluice's I/O is built otherwise and has nothing to tune here";
constexpr absl::string_view kPasswords =
    "Sluice's passwords are its own; `sluicectl user passwd` changes them and nothing else";
constexpr absl::string_view kModes =
    "SECURITY: new files get the mode that the umask of the gateway and the directory's default "
    "ACL give; set that ACL with setfacl";
constexpr absl::string_view kHiding = "SECURITY: every file of the share is listed";
constexpr absl::string_view kHooks = "no program is run; use the audit log, or an own service";
constexpr absl::string_view kAlways = "always so in Sluice, stored as Samba stores it";
constexpr absl::string_view kNever =
    "the attribute is kept in an extended attribute, not in mode "
    "bits";
constexpr absl::string_view kLocks =
    "Sluice keeps locks and oplocks itself; programs of this "
    "machine do not see them";
constexpr absl::string_view kLinks =
    "Sluice never follows a link out of its share; what such links point to is not served";
constexpr absl::string_view kWinbind = "belongs to winbindd, which goes on reading smb.conf";
constexpr absl::string_view kCredentials =
    "SECURITY: files are read and written with the user's own rights; give those rights by "
    "ownership or ACL, or map users with `sluicectl user add --unix-user`";

constexpr Unmapped kRows[] = {
    {"access based share enum", kHiding},
    {"acl *", "NT ACLs beyond owner and mode are not kept"},
    {"add *", kDomain},
    {"admin users", "SECURITY: nobody becomes root by a list; these users have their own rights"},
    {"aio *", kTuning},
    {"algorithmic rid base", kDomain},
    {"allocation roundup size", "sizes are those of the file system"},
    {"allow insecure wide links", kLinks},
    {"announce *", kBrowsing},
    {"async smb echo handler", kTuning},
    {"block size", "sizes are those of the file system"},
    {"blocking locks", kLocks},
    {"browse list", kBrowsing},
    {"case *", "names are found without regard to case unless case_sensitive is yes in Samba"},
    {"change notify", "change notification is a protocol matter without a switch"},
    {"client *", "these are for smbclient and winbindd, which go on reading smb.conf"},
    {"config backend", "Sluice has one file"},
    {"copy", "SECURITY: the parameters of the other share were not copied; write them out"},
    {"create mask", kModes},
    {"cups *", kPrinting},
    {"csc policy", "clients decide themselves whether they keep files offline"},
    {"dead time", "Sluice ends connections without a session; see timeouts.idle"},
    {"deadtime", "Sluice ends connections without a session; see timeouts.idle"},
    {"default case", "names keep the case that they are made with"},
    {"default service", "a share that does not exist is refused"},
    {"delete readonly", "files that are read-only are not deleted, as Windows has it"},
    {"dfree *", "free space is that of the file system"},
    {"directory mask", kModes},
    {"disable netbios", "Sluice never has NetBIOS"},
    {"disable spoolss", kPrinting},
    {"dns *", kBrowsing},
    {"domain logons", kDomain},
    {"domain master", kBrowsing},
    {"dont descend", "every directory can be entered"},
    {"dos charset", "SMB1 only"},
    {"dos filemode", kModes},
    {"dos filetime*", kAlways},
    {"durable handles", "durable handles are a protocol matter without a switch"},
    {"ea support", kAlways},
    {"enable core files", "the systemd unit decides on core files"},
    {"encrypt passwords", "always so"},
    {"fake oplocks", "SECURITY: never; they lose data"},
    {"follow symlinks", kLinks},
    {"force create mode", kModes},
    {"force directory mode", kModes},
    {"force group", kCredentials},
    {"force user", kCredentials},
    {"fruit:*", "macOS's extensions are not there"},
    {"fstype", "volumes call themselves NTFS, as Samba's do"},
    {"full_audit:*", "turn the audit log on instead"},
    {"guest account", "guests have the rights of the account nobody"},
    {"guest only", "users with a password keep their own rights"},
    {"hide *", kHiding},
    {"host msdfs", "there is no DFS"},
    {"hosts allow", "SECURITY: clients are not told apart by address; use the firewall"},
    {"hosts deny", "SECURITY: clients are not told apart by address; use the firewall"},
    {"idmap *", kWinbind},
    {"inherit *", kModes},
    {"init logon *", kDomain},
    {"keepalive", "the kernel's TCP keepalive and timeouts.* are used"},
    {"kernel *", kLocks},
    {"kerberos encryption types", "krb5.conf says which are permitted"},
    {"lanman auth", "never: LM answers are always refused"},
    {"ldap *", "users are in Sluice's own file or in the domain"},
    {"level2 oplocks", kLocks},
    {"lm announce", kBrowsing},
    {"load printers", kPrinting},
    {"local master", kBrowsing},
    {"lock *", kLocks},
    {"locking", kLocks},
    {"logging", "see the section [log] of sluice.toml"},
    {"logon *", kDomain},
    {"lpq *", kPrinting},
    {"lppause command", kPrinting},
    {"lprm command", kPrinting},
    {"machine password timeout", kWinbind},
    {"magic *", kHooks},
    {"mangled names", "there are no 8.3 names"},
    {"mangling *", "there are no 8.3 names"},
    {"map acl inherit", "NT ACLs beyond owner and mode are not kept"},
    {"map archive", kNever},
    {"map hidden", kNever},
    {"map readonly", kNever},
    {"map system", kNever},
    {"max connections",
     "limits are for the gateway: limits.connections and "
     "limits.connections_per_address"},
    {"max log size", "logrotate and SIGUSR1"},
    {"max open files", "see limits.opens_per_session"},
    {"max xmit", "SMB1 only"},
    {"message command", kHooks},
    {"min receivefile size", kTuning},
    {"min print space", kPrinting},
    {"msdfs *", "there is no DFS"},
    {"name *", kBrowsing},
    {"netbios aliases", kBrowsing},
    {"netbios scope", kBrowsing},
    {"nmbd *", kBrowsing},
    {"nt acl support", "owner and mode are shown as an ACL"},
    {"nt pipe support", "IPC$ is always there"},
    {"obey pam restrictions",
     "SECURITY: PAM is not asked; disable a user with `sluicectl user "
     "disable`"},
    {"oplock *", kLocks},
    {"oplocks", kLocks},
    {"os level", kBrowsing},
    {"pam *", kPasswords},
    {"panic action", "systemd keeps the core and starts the gateway again"},
    {"passdb backend", "import its users: pdbedit -L -w | sluicectl user import"},
    {"passwd *", kPasswords},
    {"password server", kWinbind},
    {"pid directory", "systemd follows the gateway without a pid file"},
    {"posix locking", kLocks},
    {"postexec", kHooks},
    {"preexec", kHooks},
    {"preexec close", kHooks},
    {"preferred master", kBrowsing},
    {"preload", kBrowsing},
    {"preserve case", "names keep the case that they are made with"},
    {"print*", kPrinting},
    {"private dir", "Sluice keeps its users in server.state_dir"},
    {"queue*", kPrinting},
    {"read raw", "SMB1 only"},
    {"recycle:*", "deleted files are gone"},
    {"registry shares", "write them to a file with `net conf list` and import that too"},
    {"rename user script", kDomain},
    {"require strong key", kWinbind},
    {"root directory", "use the service manager's namespaces"},
    {"root postexec", kHooks},
    {"root preexec", kHooks},
    {"rpc_*", "there is srvsvc, and nothing to set"},
    {"security mask", kModes},
    {"server multi channel support", "multichannel is a protocol matter without a switch"},
    {"server role", kDomain},
    {"server schannel*", kDomain},
    {"server services", "there is one service"},
    {"server string", "the server has no description; shares have a comment"},
    {"set primary group script", kDomain},
    {"shadow:*", "there are no previous versions"},
    {"short preserve case", "names keep the case that they are made with"},
    {"show add printer wizard", kPrinting},
    {"smb2 *", "see the section [limits] of sluice.toml"},
    {"smb3 unix extensions", "there are no POSIX extensions"},
    {"smbd *", kTuning},
    {"socket *", kTuning},
    {"spoolss*", kPrinting},
    {"state directory", "Sluice keeps its state in server.state_dir"},
    {"store dos attributes", kAlways},
    {"strict allocate", "space is allocated when clients ask for it"},
    {"strict locking", kLocks},
    {"strict rename", "a directory with open files in it is not renamed, as Windows has it"},
    {"strict sync", "always so: FLUSH is an fsync"},
    {"sync always", "write-through is used where a client asks for it, and nowhere else"},
    {"syslog*", "the journal gets what goes to standard error"},
    {"template *", kWinbind},
    {"time server", kBrowsing},
    {"timestamp logs", "always so"},
    {"debug *", "see the section [log] of sluice.toml"},
    {"unix charset", "file names are UTF-8"},
    {"unix extensions", "there are no POSIX extensions"},
    {"unix password sync", kPasswords},
    {"use client driver", kPrinting},
    {"use mmap", kTuning},
    {"use sendfile", kTuning},
    {"usershare *", "shares are added with `sluicectl share add` by whoever may use its socket"},
    {"username", "Samba ignores it too"},
    {"username map*",
     "map Kerberos principals in [auth.kerberos_users]; add other names with "
     "`sluicectl user add --unix-user`"},
    {"utmp*", "the audit log has log-ons and log-offs"},
    {"veto *", "SECURITY: every file of the share can be seen and opened"},
    {"volume", "a share's volume is called like the share"},
    {"wide links", kLinks},
    {"winbind *", kWinbind},
    {"wins *", kBrowsing},
    {"workgroup", "Sluice names itself as its domain; clients may send any"},
    {"write cache size", kTuning},
    {"write raw", "SMB1 only"},
};

}  // namespace

absl::Span<const Unmapped> UnmappedParameters() { return kRows; }

}  // namespace sluice::samba
