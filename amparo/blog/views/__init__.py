"""What people see of the blog: lists, posts, feeds; at the desk, drafts, pictures and publication."""
