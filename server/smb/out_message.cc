#include "server/smb/out_message.h"

#include <algorithm>
#include <utility>

#include "proto/smb2/header.h"
#include "proto/wire/writer.h"

namespace sluice::smb {

using proto::kNetbiosHeaderBytes;
using proto::kTransformHeaderBytes;

void OutMessage::LinkLastTo(size_t next_offset) {
  const Piece& last = pieces.back();
  proto::Writer header(buffer.span().subspan(last.offset, proto::kHeaderBytes));
  header.Advance(proto::kHeaderBytes);
  header.PatchU32(proto::kHeaderNextCommandOffset,
                  static_cast<uint32_t>(next_offset - last.offset));
}

bool OutMessage::AddJobs(crypto::BatchStage& stage) {
  if (sealer != nullptr) {
    session::SessionCryptoState& keys = *sealer->crypto();
    const absl::Span<uint8_t> payload = buffer.span().subspan(kPayloadOffset, end - kPayloadOffset);
    std::array<uint8_t, 12> nonce{};
    if (!keys.NextSealingNonce(payload.size(), &nonce)) return false;
    proto::TransformHeader transform;
    std::copy_n(nonce.begin(), crypto::CipherNonceBytes(keys.cipher()), transform.nonce.begin());
    transform.original_message_size = static_cast<uint32_t>(payload.size());
    transform.session_id = sealer->id();
    const absl::Span<uint8_t> header =
        buffer.span().subspan(kNetbiosHeaderBytes, kTransformHeaderBytes);
    proto::Writer writer(header);
    transform.Encode(writer);
    seal_job = crypto::SealJob();
    seal_job.key = &keys.sealing_key();
    seal_job.segments[0] = payload;
    seal_job.segment_count = 1;
    seal_job.associated_data =
        header.subspan(proto::kTransformAssociatedDataOffset, proto::kTransformAssociatedDataBytes);
    seal_job.nonce = nonce;
    stage.Add(&seal_job);
    return true;
  }
  for (Piece& piece : pieces) {
    if (piece.signer == nullptr) continue;
    piece.job.key = &piece.signer->crypto()->signing_key();
    piece.job.segments[0] = buffer.span().subspan(piece.offset, piece.length);
    piece.job.segment_count = 1;
    piece.job.nonce = session::SessionCryptoState::GmacNonce(piece.message_id, true, false);
    stage.Add(&piece.job);
  }
  return true;
}

bool OutMessage::Finalize(size_t* offset) {
  uint8_t* const data = buffer.data();
  if (sealer != nullptr) {
    if (!seal_job.ok) return false;
    // The signature follows the four bytes of protocol id.
    std::copy(seal_job.tag.begin(), seal_job.tag.end(), data + kNetbiosHeaderBytes + 4);
    *offset = 0;
  } else {
    for (const Piece& piece : pieces) {
      if (piece.signer == nullptr) continue;
      if (!piece.job.ok) return false;
      std::copy(piece.job.signature.begin(), piece.job.signature.end(),
                data + piece.offset + proto::kSignatureOffset);
    }
    *offset = kPayloadOffset - kNetbiosHeaderBytes;
  }
  proto::NetbiosHeader netbios;
  netbios.length = static_cast<uint32_t>(end - *offset - kNetbiosHeaderBytes + tail.bytes());
  netbios.Encode(data + *offset);
  return true;
}

void OutMessage::Clear() {
  buffer.Reset();
  tail.Reset();
  end = kPayloadOffset;
  pieces.clear();
  sealer.reset();
  next = nullptr;
}

}  // namespace sluice::smb
