import { describe, expect, it } from 'vitest';
import type { ReviewComment } from '@/shared/review/comment';
import { emptyReview, keepDraft, readReview, writeReview } from './kept';

const comment: ReviewComment = {
  id: '1',
  path: 'a',
  view: 'base',
  lines: [{ kind: 'added', after: 1, text: 'x' }],
  text: 'why?',
};

describe('a kept review', () => {
  it('comes back as it was', () => {
    const review = { comments: [comment], draft: { ...comment, id: '2', text: 'half a th' } };
    expect(readReview(writeReview(review))).toEqual(review);
  });

  it('leaves nothing behind when it is empty', () => expect(writeReview(emptyReview)).toBeNull());

  it('is empty where nothing, or something else, was stored', () => {
    for (const stored of [null, '', 'x{', '3', 'null', '{}', '{"comments":3}']) {
      expect(readReview(stored)).toEqual(emptyReview);
    }
  });

  it('leaves out what is no comment', () => {
    const stored = JSON.stringify({
      comments: [comment, { id: 1 }, { ...comment, lines: [{}] }],
      draft: 'x',
    });
    expect(readReview(stored)).toEqual({ comments: [comment], draft: null });
  });
});

describe('keepDraft', () => {
  it('adds a new comment, and changes an old one in its place', () => {
    const second = { ...comment, id: '2' };
    expect(keepDraft({ comments: [comment], draft: second }).comments).toEqual([comment, second]);
    const changed = { ...comment, text: 'because' };
    expect(keepDraft({ comments: [comment, second], draft: changed }).comments).toEqual([changed, second]);
  });

  it('takes a comment without a word for none', () => {
    expect(keepDraft({ comments: [comment], draft: { ...comment, text: ' \n' } })).toEqual(emptyReview);
  });
});
