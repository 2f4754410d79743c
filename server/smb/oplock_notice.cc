#include "server/smb/oplock_notice.h"

#include <memory>
#include <utility>

#include "proto/smb2/header.h"
#include "proto/smb2/oplock_break.h"
#include "proto/wire/writer.h"
#include "server/smb/out_message.h"
#include "server/smb/smb_connection.h"
#include "server/smb/worker.h"

namespace sluice::smb {
namespace {

constexpr size_t kNoticeBytes = proto::kHeaderBytes + 24;
// The message id of what no request asked for.
constexpr uint64_t kUnsolicited = ~uint64_t{0};

struct Notice {
  uint64_t session_id;
  proto::OplockBreak body;
  bool sealed;
};

// Never signed, and of no session or tree but the one that it is sealed for.
void Send(SmbConnection& connection, const Notice& notice) {
  const std::shared_ptr<session::Session> session = connection.FindSession(notice.session_id);
  if (!connection.alive() || session == nullptr) return;
  Worker& worker = connection.worker();
  ring::Buffer buffer = worker.loop().buffers().AcquireForAnswer(
      OutMessage::kPayloadOffset + kNoticeBytes, connection.account());
  if (!buffer) {
    // It would go on to trust what it has cached.
    worker.counters().out_of_buffers.Add();
    connection.Drop(net::CloseReason::kResource);
    return;
  }
  OutMessage* const out = worker.TakeOut();
  out->buffer = std::move(buffer);
  proto::Header header;
  header.command = proto::Command::kOplockBreak;
  header.flags = proto::kFlagResponse;
  header.message_id = kUnsolicited;
  proto::Writer writer(out->buffer.span().subspan(out->end, kNoticeBytes));
  header.Encode(writer);
  notice.body.Encode(writer);
  OutMessage::Piece piece;
  piece.offset = out->end;
  piece.length = writer.size();
  piece.message_id = header.message_id;
  out->end += piece.length;
  out->pieces.push_back(std::move(piece));
  if (notice.sealed) out->sealer = session;
  connection.QueueOut(out);
}

}  // namespace

BreakNotifier MakeBreakNotifier(SmbConnection& connection, const session::Session& session,
                                proto::FileId id, bool sealed) {
  Notice notice{session.id(), {}, sealed};
  notice.body.file_id = id;
  return [&loop = connection.worker().loop(), weak = connection.weak_from_this(),
          notice](uint8_t level) {
    Notice told = notice;
    told.body.oplock_level = level;
    loop.Post([weak, told] {
      if (const std::shared_ptr<SmbConnection> there = weak.lock()) Send(*there, told);
    });
  };
}

}  // namespace sluice::smb
