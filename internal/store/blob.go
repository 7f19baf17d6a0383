package store

import (
	"context"
	"crypto/sha256"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// ChunkSize is how much of a file one row holds: small enough for both engines'
// memory, large enough to be few.
const ChunkSize = 1 << 20

// Blob is a kept file: an upload or an export. It lives in the database, so
// that backups and every replica have it.
type Blob struct {
	ID      exam.BlobID
	Account exam.AccountID
	Name    string
	Mime    string
	Size    int64
	Created time.Time
}

// AddBlob stores a file; the change that refers to it has the event.
func (tx *Tx) AddBlob(ctx context.Context, b Blob, content []byte) error {
	sum := sha256.Sum256(content)
	if err := tx.exec(ctx, 1, "INSERT INTO blob (id, account_id, name, mime, size, sha256, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		b.ID, b.Account, b.Name, b.Mime, int64(len(content)), sum[:], us(b.Created)); err != nil {
		return err
	}
	for part := 0; len(content) > 0; part++ {
		n := min(ChunkSize, len(content))
		if err := tx.exec(ctx, 1, "INSERT INTO blob_chunk (blob_id, part, data) VALUES ($1, $2, $3)", b.ID, part, content[:n]); err != nil {
			return err
		}
		content = content[n:]
	}
	return nil
}

// BeginBlob makes an empty file that is then written part by part.
func (tx *Tx) BeginBlob(ctx context.Context, b Blob) error {
	return tx.AddBlob(ctx, b, nil)
}

// AddChunk stores one part of a file, counted from 0; at most about ChunkSize.
func (tx *Tx) AddChunk(ctx context.Context, id exam.BlobID, part int, data []byte) error {
	return tx.exec(ctx, 1, "INSERT INTO blob_chunk (blob_id, part, data) VALUES ($1, $2, $3)", id, part, data)
}

// EndBlob stores the size and the sum of a file whose parts are all there.
func (tx *Tx) EndBlob(ctx context.Context, id exam.BlobID, size int64, sum []byte) error {
	return tx.exec(ctx, 1, "UPDATE blob SET size = $1, sha256 = $2 WHERE id = $3", size, sum, id)
}

// DropChunks deletes up to n parts of a file; more tells that there may be others.
func (tx *Tx) DropChunks(ctx context.Context, id exam.BlobID, n int) (more bool, err error) {
	dropped, err := tx.tx.Exec(ctx, "DELETE FROM blob_chunk WHERE blob_id = $1 AND part IN (SELECT h.part FROM blob_chunk h WHERE h.blob_id = $1 ORDER BY h.part LIMIT $2)", id, n)
	return dropped == int64(n), err
}

// DropBlob deletes a file without parts; one that is gone is fine.
func (tx *Tx) DropBlob(ctx context.Context, id exam.BlobID) error {
	_, err := tx.tx.Exec(ctx, "DELETE FROM blob WHERE id = $1", id)
	return err
}

// Blob reads what is known of a file of an account (of any, with zero).
func (r Reader) Blob(ctx context.Context, account exam.AccountID, id exam.BlobID) (Blob, error) {
	return one(ctx, r.q, func(row db.Row) (Blob, error) {
		var b Blob
		err := row.Scan(&b.ID, &b.Account, &b.Name, &b.Mime, &b.Size, (*when)(&b.Created))
		return b, err
	}, "SELECT b.id, b.account_id, b.name, b.mime, b.size, b.created_at FROM blob b WHERE b.id = $1 AND (b.account_id = $2 OR CAST($2 AS BIGINT) = 0)", id, account)
}

// Chunk reads one part of a file, counted from 0; empty after the last.
func (r Reader) Chunk(ctx context.Context, id exam.BlobID, part int) ([]byte, error) {
	parts, err := all(ctx, r.q, func(row db.Row) ([]byte, error) {
		var b []byte
		err := row.Scan(&b)
		return b, err
	}, "SELECT h.data FROM blob_chunk h WHERE h.blob_id = $1 AND h.part = $2", id, part)
	if err != nil || len(parts) == 0 {
		return nil, err
	}
	return parts[0], nil
}
