export const upload = {
  need_upload: 'Sign up to post your video. It stays chosen.',
  save_draft: 'Save as draft',
  upload_choose: 'Choose a video',
  upload_pick: 'Choose a file',
  upload_camera: 'Record now',
  upload_limits: 'Up to {minutes} minutes and {size}',
  upload_describe: 'Describe your video',
  upload_no_preview: 'This browser cannot preview the file. It can still be uploaded.',
  upload_other: 'Choose another',
  upload_guest: 'You can choose and describe first.',
  upload_empty: 'The file is empty. Choose another, or copy it again from where it was made.',
  upload_too_large: 'The file has {size}. The largest allowed is {limit}.',
  upload_too_long: 'The video is longer than {n} minutes, the longest allowed. Cut it first.',
  upload_other_file: 'This is another file. Choose {name} with {size}.',
  uploads_now: 'Your uploads',
  uploads_unfinished_title: 'Not finished yet',
  uploads_unfinished_hint: 'Choose the same file again, and the upload goes on where it stopped.',
  uploads_failed_title: 'Could not be processed',
  upload_continue: 'Continue',
  upload_sent_of: '{sent} of {size}',
};

export type UploadMessages = typeof upload;
