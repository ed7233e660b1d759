"""Social: profiles and who follows whom, posts, reviews, messages, notifications, and what keeps them civil."""
