#include "tests/fuzz/frame_seeds.h"

#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "proto/fscc/info_class.h"
#include "proto/smb2/change_notify.h"
#include "proto/smb2/create.h"
#include "proto/smb2/create_context.h"
#include "proto/smb2/create_context_types.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/flush.h"
#include "proto/smb2/fsctl.h"
#include "proto/smb2/header.h"
#include "proto/smb2/logoff.h"
#include "proto/smb2/negotiate.h"
#include "proto/smb2/oplock_break.h"
#include "proto/smb2/query_directory.h"
#include "proto/smb2/query_info.h"
#include "proto/smb2/session_setup.h"
#include "proto/smb2/smb1_negotiate.h"
#include "proto/smb2/transform_header.h"
#include "proto/smb2/tree_connect.h"
#include "proto/smb2/tree_disconnect.h"
#include "tests/fuzz/frame_records.h"

namespace sluice::fuzz {
namespace {

using proto::Command;

// As smbclient sends them.
constexpr char kBind[] =
    "05000b03100000004800000001000000b810b810000000000100000000000100c84f324b7016d30112785a47"
    "bf6ee18803000000045d888aeb1cc9119fe808002b10486002000000";
constexpr char kShareEnum[] =
    "05000003100000005c000000020000004400000000000f00000002000a000000000000000a00000031003200"
    "37002e0030002e0030002e00310000000100000001000000040002000000000000000000ffffffff08000200"
    "00000000";
constexpr char kNtlmNegotiateToken[] =
    "604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa22a04284e544c4d535350000100"
    "0000978208e2000000000000000000000000000000000a00614a0000000f";

void AddQueries(Collection& seeds) {
  for (const proto::InfoClassRow& row : proto::FileInfoClasses()) {
    const auto info_class = static_cast<proto::FileInfoClass>(row.number);
    if ((row.uses & proto::kInfoQuery) != 0) {
      seeds.Add(absl::StrCat("query_file_", row.number),
                {Create("a.txt"), QueryInfo(proto::kInfoFile, row.number)});
    }
    if ((row.uses & proto::kInfoListing) != 0) {
      seeds.Add(
          absl::StrCat("list_", row.number),
          {Directory(""), List(info_class, "*"), List(info_class, "*"),
           List(info_class, "?.tx<",
                proto::kQueryDirectoryRestartScans | proto::kQueryDirectoryReturnSingleEntry)});
    }
  }
  for (const proto::InfoClassRow& row : proto::FsInfoClasses()) {
    seeds.Add(absl::StrCat("query_fs_", row.number),
              {Directory(""), QueryInfo(proto::kInfoFilesystem, row.number)});
  }
  seeds.Add("query_security", {Create("a.txt"), QueryInfo(proto::kInfoSecurity, 0, 7)});
  seeds.Add("query_pipe",
            {Create("srvsvc", 1, 0, {}, kIpc), QueryInfo(proto::kInfoFile, 5, 0, {}, kIpc)});
}

void AddChanges(Collection& seeds) {
  using Class = proto::FileInfoClass;
  const auto set = [&seeds](absl::string_view name, Class info_class, const Bytes& buffer,
                            absl::string_view file = "a.txt") {
    seeds.Add(absl::StrCat("set_", name),
              {Create(file), SetInfo(proto::kInfoFile, Number(info_class), buffer),
               QueryInfo(proto::kInfoFile, Number(Class::kAll)), Close(1)});
  };
  set("basic", Class::kBasic,
      Fields({{8, 0x01D80000'00000000}, {8, 0}, {8, ~uint64_t{0}}, {8, 0}, {4, 0x22}, {4, 0}}));
  set("rename", Class::kRename, RenameBuffer("dir\\moved.txt", false));
  set("rename_over", Class::kRename, RenameBuffer("dir\\b.txt", true));
  set("rename_directory", Class::kRename, RenameBuffer("other", false), "dir");
  set("rename_stream", Class::kRename, RenameBuffer(":new", false), "a.txt:old");
  set("link", Class::kLink, RenameBuffer("second.txt", false));
  set("delete", Class::kDisposition, {1});
  set("delete_directory", Class::kDisposition, {1}, "empty");
  set("delete_ex", Class::kDispositionEx, Fields({{4, 0x13}}));
  set("end_of_file", Class::kEndOfFile, Fields({{8, 100'000}}));
  set("allocation", Class::kAllocation, Fields({{8, 3}}));
  set("position", Class::kPosition, Fields({{8, 17}}));
  set("mode", Class::kMode, Fields({{4, 2}}));
  set("valid_data", Class::kValidDataLength, Fields({{8, 2}}));
  seeds.Add("set_eas",
            {Create("a.txt"), SetInfo(proto::kInfoFile, Number(Class::kFullEa), EaList()),
             QueryInfo(proto::kInfoFile, Number(Class::kFullEa)),
             QueryInfo(proto::kInfoFile, Number(Class::kEa))});
  seeds.Add("set_security",
            {Create("a.txt"), SetInfo(proto::kInfoSecurity, 0, SecurityDescriptor(), 7),
             QueryInfo(proto::kInfoSecurity, 0, 7)});
}

Record WithOplock(Record create, uint8_t level) {
  create.body[3] = level;  // RequestedOplockLevel
  return create;
}

Record Acknowledge(uint8_t level) {
  proto::OplockBreak acknowledgment;
  acknowledgment.oplock_level = level;
  return Make(Command::kOplockBreak, acknowledgment);
}

void AddOplocks(Collection& seeds) {
  const Record batch = WithOplock(Create("a.txt"), proto::kOplockLevelBatch);
  const Record exclusive = WithOplock(Create("a.txt"), proto::kOplockLevelExclusive);
  const Record second = WithOplock(Create("a.txt"), proto::kOplockLevelII);
  const Record other = OfKind(RecordKind::kSwitch, {}, 1);
  const Record back = OfKind(RecordKind::kSwitch, {}, 0);
  seeds.Add("oplock_none", {Create("a.txt"), Acknowledge(0),
                            Make(Command::kOplockBreak, proto::LeaseBreakAcknowledgment())});
  seeds.Add("oplock_acknowledged", {batch, other, exclusive, back, Acknowledge(1), other, Close(),
                                    back, Write({1}), Close()});
  seeds.Add("oplock_closed", {exclusive, other, batch, back, Close(), other, Read(3), Close()});
  seeds.Add("oplock_too_late", {batch, other, second, Time(40'000), back, Acknowledge(1), Read(1)});
  seeds.Add("oplock_to_none", {second, other, second, Write({1, 2}), Lock({{0, 1, 0x12}}), back,
                               Read(2), Acknowledge(0)});
  seeds.Add("oplock_cancelled",
            {batch, other, exclusive, Cancel(0, false), Cancel(1, true), back, Close()});
  seeds.Add("oplock_gone", {batch, other, exclusive, back,
                            Make(Command::kLogoff, proto::LogoffRequest()), other, Read(1)});
  seeds.Add("oplock_compound", {batch, other, Linked(exclusive), Linked(Related(Read(4))),
                                Related(Close()), back, Acknowledge(0)});
  seeds.Add("oplock_overwritten",
            {batch, other, Create("a.txt", proto::kDispositionOverwriteIf), back, Acknowledge(0)});
}

void AddFiles(Collection& seeds) {
  seeds.Add("create_new", {Create("new.txt", proto::kDispositionCreate), Close(1)});
  seeds.Add("create_overwrite", {Create("A.TXT", proto::kDispositionOverwriteIf), Close(1)});
  seeds.Add("create_supersede", {Create("a.txt", proto::kDispositionSupersede), Close()});
  seeds.Add("create_delete_on_close", {Create("a.txt", 1, proto::kOptionDeleteOnClose),
                                       Create("a.txt", 1), Close(), Close(), Create("a.txt", 1)});
  seeds.Add("create_stream", {Create("a.txt:other"), Write({1, 2, 3}), Read(10), Close(),
                              QueryInfo(proto::kInfoFile, 22), Create("a.txt::$DATA"),
                              QueryInfo(proto::kInfoFile, 22)});
  seeds.Add("create_bad_names", {Create("a*b"), Create("dir\\..\\a.txt"), Create("\\x"),
                                 Create("a.txt\\b"), Create("no\\where"), Create("con:s:$X")});
  seeds.Add("create_link",
            {Create("link"), Read(10), Create("link", 1, proto::kOptionOpenReparsePoint),
             Ioctl(proto::kFsctlGetReparsePoint)});
  seeds.Add("create_contexts", {Create("ctx", 3, 0, AllContexts()), Close()});
  seeds.Add("create_lease",
            {Create("a.txt", 1, 0,
                    OneContext(proto::create_context::kLease, proto::LeaseContext{.state = 7}))});
  seeds.Add("create_durable",
            {Create("a.txt", 1, 0,
                    OneContext(proto::create_context::kDurableRequest, proto::DurableRequest()))});
  seeds.Add(
      "create_reconnect",
      {Create("a.txt", 1, 0,
              OneContext(proto::create_context::kDurableReconnect, proto::DurableReconnect()))});
  seeds.Add(
      "create_timewarp",
      {Create("a.txt", 1, 0,
              OneContext(proto::create_context::kTimewarp, proto::Timewarp{.timestamp = 1}))});
  seeds.Add("read_write", {Create("dir\\f"), Write(Bytes(300, 0x55), 10), Read(400), Read(10, 1000),
                           Make(Command::kFlush, proto::FlushRequest()), Close(1)});
  seeds.Add("read_only",
            {Create("a.txt", 1, 0, {}, kReadOnlyTree, 0x00120089), Read(20, 0, kReadOnlyTree),
             Write({1}, 0, kReadOnlyTree), Create("new", 2, 0, {}, kReadOnlyTree)});
  seeds.Add("locks", {Create("a.txt"), Lock({{0, 10, 0x12}, {20, 5, 0x11}}), Create("a.txt"),
                      Lock({{5, 10, 2}}), Read(5), Cancel(1, true), Lock({{0, 10, 4}})});
  seeds.Add("locks_wait",
            {Create("a.txt"), Lock({{0, 10, 0x12}}), OfKind(RecordKind::kSwitch, {}, 1),
             Create("a.txt"), Lock({{5, 1, 2}}), OfKind(RecordKind::kSwitch, {}, 0), Close()});
  AddOplocks(seeds);
  seeds.Add("notify", {Directory(""), Notify(), Create("seen.txt"), Notify(), Cancel(0, false)});
  seeds.Add("notify_close", {Directory("dir"), Notify(0), Cancel(1, true), Notify(0), Close()});
}

void AddIoctls(Collection& seeds) {
  constexpr uint32_t kCodes[] = {
      proto::kFsctlGetCompression,
      proto::kFsctlSetCompression,
      proto::kFsctlGetNtfsVolumeData,
      proto::kFsctlCreateOrGetObjectId,
      proto::kFsctlGetReparsePoint,
      proto::kFsctlSetSparse,
      proto::kFsctlQueryAllocatedRanges,
      proto::kFsctlSetZeroData,
      proto::kFsctlFileLevelTrim,
      proto::kFsctlDuplicateExtentsToFile,
      proto::kFsctlGetIntegrityInformation,
      proto::kFsctlQueryFileRegions,
      proto::kFsctlSrvEnumerateSnapshots,
      proto::kFsctlSrvRequestResumeKey,
      proto::kFsctlSrvCopychunk,
      proto::kFsctlLmrRequestResiliency,
  };
  std::vector<Record> all = {Create("a.txt")};
  for (const uint32_t code : kCodes) all.push_back(Ioctl(code, Bytes(32, 0)));
  seeds.Add("ioctl_file", all);
  proto::ValidateNegotiateInfoRequest validate;
  validate.capabilities = proto::kCapLargeMtu | proto::kCapEncryption;
  validate.guid = {1, 2, 3, 4};
  validate.security_mode = proto::kSigningEnabled;
  validate.dialects = {0x0302};
  seeds.Add("ioctl_validate",
            {IoctlWithoutFile(proto::kFsctlValidateNegotiateInfo, Encoded(validate))}, 1);
  seeds.Add("ioctl_interfaces", {IoctlWithoutFile(proto::kFsctlQueryNetworkInterfaceInfo)});
  seeds.Add("ioctl_dfs",
            {IoctlWithoutFile(proto::kFsctlDfsGetReferrals, Fields({{2, 4}}, "\\server\\files"))});
  seeds.Add("pipe", {Create("srvsvc", 1, 0, {}, kIpc),
                     Ioctl(proto::kFsctlPipeTransceive, FromHex(kBind), 1024, kIpc),
                     Ioctl(proto::kFsctlPipeTransceive, FromHex(kShareEnum), 4096, kIpc)});
  seeds.Add("pipe_write_read",
            {Create("srvsvc", 1, 0, {}, kIpc), Write(FromHex(kBind), 0, kIpc), Read(20, 0, kIpc),
             Read(1024, 0, kIpc), Write(FromHex(kShareEnum), 0, kIpc), Read(4096, 0, kIpc),
             Ioctl(proto::kFsctlPipePeek, {}, 64, kIpc), With(Close(), kIpc)});
}

void AddCompounds(Collection& seeds) {
  seeds.Add("compound_open_query_close",
            {Linked(Create("a.txt")), Linked(Related(QueryInfo(proto::kInfoFile, 18))),
             Related(Close())});
  seeds.Add("compound_listing", {Linked(Directory("dir")),
                                 Linked(Related(List(proto::FileInfoClass::kIdBothDirectory, "*"))),
                                 Related(List(proto::FileInfoClass::kIdBothDirectory, "*"))});
  seeds.Add("compound_failed_create",
            {Linked(Create("none", 1)), Linked(Related(Read(10))), Related(Close())});
  seeds.Add("compound_write_read", {Linked(Create("x")), Linked(Related(Write({1, 2, 3}))),
                                    Linked(Related(Read(3))), Related(Close(1))});
  seeds.Add("compound_unrelated", {Linked(Create("a.txt")), Linked(Create("dir\\b.txt")),
                                   Make(Command::kEcho, proto::EchoRequest())});
  seeds.Add("compound_notify",
            {Linked(Directory("")), Related(Notify()), Cancel(1, true), Linked(Directory("dir")),
             Linked(Related(Notify())), Related(Close())});
  seeds.Add("compound_sealed", {Linked(Create("a.txt")), With(Related(Read(10)), kFlagSeal),
                                With(Read(5), kFlagSign)});
  seeds.Add("pipelined", {With(Create("p1"), kFlagNoWait), With(Create("p1"), kFlagNoWait),
                          With(Write({1}), kFlagNoWait), With(Close(), kFlagNoWait), Close()});
}

void AddSessions(Collection& seeds) {
  const Bytes share = Utf16("\\\\server\\files");
  proto::TreeConnectRequest tree;
  tree.path = share;
  for (uint8_t options = 0; options < 4; ++options) {
    const auto all = static_cast<uint8_t>(options | options << kOptionAlgorithmsShift);
    for (const uint8_t needs : {uint8_t{0}, kOptionSigningRequired, kOptionEncryptionRequired}) {
      seeds.Add(absl::StrCat("session_", options, "_", needs),
                {Create("a.txt"), Read(5), OfKind(RecordKind::kLogOn, {}, kLogOnAgain),
                 Make(Command::kTreeConnect, tree), Close(),
                 Make(Command::kTreeDisconnect, proto::TreeDisconnectRequest()),
                 Make(Command::kLogoff, proto::LogoffRequest()),
                 Make(Command::kEcho, proto::EchoRequest())},
                static_cast<uint8_t>(all | needs));
    }
  }
  seeds.Add("session_second", {OfKind(RecordKind::kLogOn, {}, 1), Create("a.txt")});
  seeds.Add("session_anonymous", {OfKind(RecordKind::kLogOn, {}, 2), Create("a.txt")});
  seeds.Add("session_guest", {OfKind(RecordKind::kLogOn, {}, 3), Create("a.txt")});
  seeds.Add("session_previous",
            {Create("a.txt"), Directory("dir"), Notify(),
             OfKind(RecordKind::kSwitch, {}, 1 | kSwitchEndsPrevious), Create("a.txt")});
  seeds.Add("session_expires", {Create("a.txt"), Time(200'000), Read(1), Time(300'000), Close()});
  seeds.Add("session_sealed_raw", {OfKind(RecordKind::kSealed, Bytes(80, 0))});

  proto::SessionSetupRequest setup;
  const Bytes token = FromHex(kNtlmNegotiateToken);
  setup.security_mode = proto::kSigningEnabled;
  setup.security_buffer = token;
  seeds.Add("setup_raw", {Make(Command::kSessionSetup, setup, kFlagTreeMask)},
            kOptionStartNegotiated);
  seeds.Add("setup_raw_202", {Make(Command::kSessionSetup, setup, kFlagTreeMask)},
            kOptionStartNegotiated | 3);
}

void AddNegotiations(Collection& seeds) {
  proto::NegotiateRequest negotiate;
  negotiate.security_mode = proto::kSigningEnabled;
  negotiate.dialects = {0x0202, 0x0210, 0x0300, 0x0302, 0x0311};
  const Bytes salt(16, 9);
  negotiate.contexts.preauth_integrity.emplace();
  negotiate.contexts.preauth_integrity->hash_algorithms = {proto::kHashSha512};
  negotiate.contexts.preauth_integrity->salt = salt;
  negotiate.contexts.ciphers = {1, 2, 3, 4};
  negotiate.contexts.signing_algorithms = {2, 1, 0};
  negotiate.contexts.compression.emplace();
  negotiate.contexts.compression->algorithms = {1, 2};
  negotiate.contexts.transport_flags = 1;
  const Record request = Make(Command::kNegotiate, negotiate, kFlagTreeMask);
  seeds.Add("negotiate", {request}, kOptionStartNothing);
  seeds.Add("negotiate_twice", {request, request}, kOptionStartNothing);

  for (const bool wildcard : {false, true}) {
    Bytes smb1(256);
    proto::Writer writer(absl::MakeSpan(smb1));
    proto::EncodeSmb1Negotiate({"NT LM 0.12", "SMB 2.002", wildcard ? "SMB 2.\?\?\?" : "LANMAN1.0"},
                               writer);
    smb1.resize(writer.size());
    seeds.Add(wildcard ? "smb1_wildcard" : "smb1", {OfKind(RecordKind::kFrame, smb1), request},
              kOptionStartNothing);
  }
  const proto::TransformHeader transform;
  Bytes sealed = Encoded(transform);
  sealed.resize(sealed.size() + 80);
  seeds.Add("transform_unknown", {OfKind(RecordKind::kFrame, sealed)}, kOptionStartNegotiated);
  seeds.Add("compressed",
            {OfKind(RecordKind::kFrame, Encoded(proto::CompressionTransformHeader()))});
  seeds.Add("stream",
            {OfKind(RecordKind::kStream, {0, 0, 0, 4, 0xFE}),
             OfKind(RecordKind::kStream, {'S', 'M', 'B'})},
            kOptionStartNothing);
  seeds.Add("keepalive", {OfKind(RecordKind::kStream, {0x85, 0, 0, 0})});
  seeds.Add("idle", {Time(100'000), Time(100'000)}, kOptionStartNegotiated);
}

void AddStateChanges(Collection& seeds) {
  const Record again = OfKind(RecordKind::kLogOn, {}, kLogOnAgain);
  const Record as_bob = OfKind(RecordKind::kLogOn, {}, kLogOnAgain | 1);
  const Record as_nobody = OfKind(RecordKind::kLogOn, {}, kLogOnAgain | 2);
  const Record other = OfKind(RecordKind::kSwitch, {}, 1);
  const Record back = OfKind(RecordKind::kSwitch, {}, 0);
  const Record logoff = Make(Command::kLogoff, proto::LogoffRequest());
  const Record list = List(proto::FileInfoClass::kIdBothDirectory, "*");
  const Record doomed = Create("a.txt", 1, proto::kOptionDeleteOnClose);
  // An open of one tree in a command of another.
  seeds.Add("state_tree_to_pipe", {Linked(Create("a.txt")), Linked(Related(TreeConnect("IPC$"))),
                                   Linked(Related(Write({1, 2}))), Related(Read(9))});
  seeds.Add("state_pipe_to_tree",
            {Linked(Create("srvsvc", 1, 0, {}, kIpc)), Linked(Related(TreeConnect("files"))),
             Linked(Related(Write(FromHex(kBind)))), Related(Read(100))});
  seeds.Add("state_fixed_to_tree",
            {Linked(Create("a.txt", 1, 0, {}, kReadOnlyTree, 0x80)),
             Linked(Related(TreeConnect("files"))),
             Related(SetInfo(proto::kInfoFile, Number(proto::FileInfoClass::kLink),
                             RenameBuffer("link.txt", false)))});
  seeds.Add("state_closed", {Linked(Directory("dir")), Linked(Related(Close())),
                             Linked(Related(Lock({{0, 1, 0x12}}))), Related(Notify())});
  seeds.Add("state_logoff_inside", {Linked(Create("a.txt")), Linked(Related(logoff)),
                                    Linked(Related(Read(10))), Related(Close())});
  seeds.Add("state_again", {Directory("dir"), Create("a.txt"), again, list, Write({1}), Close(),
                            as_bob, list, as_nobody, list, Create("a.txt")});
  for (const AdminAction action :
       {AdminAction::kEndSessions, AdminAction::kCloseOpens, AdminAction::kEndTrees,
        AdminAction::kDropConnections, AdminAction::kRemoveShare, AdminAction::kRemoveShareClose}) {
    const std::string number = absl::StrCat(static_cast<int>(action));
    seeds.Add("admin_idle_" + number,
              {doomed, Directory("dir"), Notify(), Administer(action), Read(1), Close(),
               Administer(AdminAction::kAddShare), TreeConnect("files"), Create("a.txt")});
    seeds.Add("admin_busy_" + number,
              {doomed, With(Write({1, 2, 3}), kFlagNoWait), With(Read(3), kFlagNoWait),
               With(Administer(action), kFlagNoWait), With(list, kFlagNoWait), Close()});
    seeds.Add("admin_breaking_" + number,
              {WithOplock(Create("a.txt"), proto::kOplockLevelBatch), other, Create("a.txt"),
               Administer(action), back, Acknowledge(0), other, Close()});
  }
}

}  // namespace

// Each seed twice: in memory, and on disk.
std::vector<std::pair<std::string, Input>> Seeds() {
  Collection seeds;
  AddQueries(seeds);
  AddChanges(seeds);
  AddFiles(seeds);
  AddIoctls(seeds);
  AddCompounds(seeds);
  AddSessions(seeds);
  AddStateChanges(seeds);
  AddNegotiations(seeds);
  std::vector<std::pair<std::string, Input>> all = seeds.Take();
  const size_t in_memory = all.size();
  for (size_t i = 0; i < in_memory; ++i) {
    Input input = all[i].second;
    for (Record& record : input.records) record = OnDisk(std::move(record));
    all.emplace_back("disk_" + all[i].first, std::move(input));
  }
  return all;
}

}  // namespace sluice::fuzz
